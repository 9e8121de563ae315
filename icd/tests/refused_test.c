/* SPDX-License-Identifier: MIT */
/* Images, samplers, pipes and sharing: every entry point refuses, with the specified error. */
#include "icd/tests/fixture.h"

static const cl_image_format format = {CL_RGBA, CL_UNORM_INT8};
static const cl_image_desc desc = {
	.image_type = CL_MEM_OBJECT_IMAGE2D, .image_width = 4, .image_height = 4};
static cl_int error;

static void images(void)
{
	const cl_mem_flags flags = CL_MEM_READ_WRITE;
	const cl_mem_properties some[] = {1, 2, 0}, none[] = {0};
#define REFUSED(call, code) EXPECT((error = 1, !(call)) && error == (code))
	REFUSED(tern_clCreateImage(NULL, flags, &format, &desc, NULL, &error), CL_INVALID_CONTEXT);
	REFUSED(tern_clCreateImage(context, ~(cl_mem_flags)0, &format, &desc, NULL, &error),
		CL_INVALID_VALUE);
	REFUSED(tern_clCreateImage(context, CL_MEM_READ_ONLY | CL_MEM_WRITE_ONLY, &format, &desc,
				   NULL, &error),
		CL_INVALID_VALUE);
	REFUSED(tern_clCreateImage(context, flags, NULL, &desc, NULL, &error),
		CL_INVALID_IMAGE_FORMAT_DESCRIPTOR);
	REFUSED(tern_clCreateImage(context, flags, &format, NULL, NULL, &error),
		CL_INVALID_IMAGE_DESCRIPTOR);
	REFUSED(tern_clCreateImage(context, flags, &format, &desc, NULL, &error),
		CL_INVALID_OPERATION);
	REFUSED(tern_clCreateImageWithProperties(context, some, flags, &format, &desc, NULL,
						 &error),
		CL_INVALID_PROPERTY);
	REFUSED(tern_clCreateImageWithProperties(context, none, flags, &format, &desc, NULL,
						 &error),
		CL_INVALID_OPERATION);
	REFUSED(tern_clCreateImage2D(context, flags, &format, 4, 4, 0, NULL, &error),
		CL_INVALID_OPERATION);
	REFUSED(tern_clCreateImage3D(NULL, flags, &format, 4, 4, 4, 0, 0, NULL, &error),
		CL_INVALID_CONTEXT);
	EXPECT(!tern_clCreateImage(context, flags, &format, &desc, NULL, NULL));

	cl_uint n = 12345;
	cl_image_format formats[1];
	EXPECT(tern_clGetSupportedImageFormats(NULL, flags, CL_MEM_OBJECT_IMAGE2D, 0, NULL, &n) ==
	       CL_INVALID_CONTEXT);
	EXPECT(tern_clGetSupportedImageFormats(context, flags, CL_MEM_OBJECT_BUFFER, 0, NULL, &n) ==
	       CL_INVALID_VALUE);
	EXPECT(tern_clGetSupportedImageFormats(context, flags, CL_MEM_OBJECT_IMAGE3D, 0, formats,
					       &n) == CL_INVALID_VALUE);
	EXPECT(!tern_clGetSupportedImageFormats(context, flags, CL_MEM_OBJECT_IMAGE1D_BUFFER, 1,
						formats, &n) &&
	       n == 0);
}

static void image_commands(cl_mem buffer)
{
	const size_t zero[3] = {0}, one[3] = {1, 1, 1};
	char data[64];
#define ENQUEUE(name, ...)                                                                         \
	do {                                                                                       \
		EXPECT(tern_clEnqueue##name(queue, __VA_ARGS__, 0, NULL, NULL) ==                  \
		       CL_INVALID_MEM_OBJECT);                                                     \
		EXPECT(tern_clEnqueue##name(NULL, __VA_ARGS__, 0, NULL, NULL) ==                   \
		       CL_INVALID_COMMAND_QUEUE);                                                  \
	} while (0)
	ENQUEUE(ReadImage, buffer, CL_TRUE, zero, one, 0, 0, data);
	ENQUEUE(WriteImage, buffer, CL_TRUE, zero, one, 0, 0, data);
	ENQUEUE(CopyImage, buffer, buffer, zero, zero, one);
	ENQUEUE(CopyImageToBuffer, buffer, buffer, zero, one, 0);
	ENQUEUE(CopyBufferToImage, buffer, buffer, 0, zero, one);
	ENQUEUE(FillImage, buffer, data, zero, one);
	size_t pitch;
	REFUSED(tern_clEnqueueMapImage(queue, buffer, CL_TRUE, CL_MAP_READ, zero, one, &pitch, NULL,
				       0, NULL, NULL, &error),
		CL_INVALID_MEM_OBJECT);
	EXPECT(tern_clGetImageInfo(buffer, CL_IMAGE_WIDTH, 8, &pitch, NULL) ==
	       CL_INVALID_MEM_OBJECT);
}

static void samplers_and_pipes(cl_mem buffer)
{
	cl_uint n;
	REFUSED(tern_clCreateSampler(NULL, CL_TRUE, CL_ADDRESS_NONE, CL_FILTER_NEAREST, &error),
		CL_INVALID_CONTEXT);
	REFUSED(tern_clCreateSampler(context, CL_TRUE, CL_ADDRESS_NONE, CL_FILTER_NEAREST, &error),
		CL_INVALID_OPERATION);
	REFUSED(tern_clCreateSamplerWithProperties(context, NULL, &error), CL_INVALID_OPERATION);
	EXPECT(tern_clRetainSampler(NULL) == CL_INVALID_SAMPLER);
	EXPECT(tern_clReleaseSampler(NULL) == CL_INVALID_SAMPLER);
	EXPECT(tern_clGetSamplerInfo(NULL, CL_SAMPLER_CONTEXT, 0, NULL, NULL) ==
	       CL_INVALID_SAMPLER);
	REFUSED(tern_clCreatePipe(NULL, 0, 4, 4, NULL, &error), CL_INVALID_CONTEXT);
	REFUSED(tern_clCreatePipe(context, 0, 4, 4, NULL, &error), CL_INVALID_OPERATION);
	EXPECT(tern_clGetPipeInfo(buffer, CL_PIPE_PACKET_SIZE, sizeof(n), &n, NULL) ==
	       CL_INVALID_MEM_OBJECT);
}

static void sharing(cl_mem buffer)
{
	cl_gl_object_type type;
	cl_GLuint name;
	REFUSED(tern_clCreateFromGLBuffer(context, 0, 1, &error), CL_INVALID_CONTEXT);
	REFUSED(tern_clCreateFromGLTexture(context, 0, 0, 0, 1, &error), CL_INVALID_CONTEXT);
	REFUSED(tern_clCreateFromGLTexture2D(context, 0, 0, 0, 1, &error), CL_INVALID_CONTEXT);
	REFUSED(tern_clCreateFromGLTexture3D(context, 0, 0, 0, 1, &error), CL_INVALID_CONTEXT);
	REFUSED(tern_clCreateFromGLRenderbuffer(context, 0, 1, &error), CL_INVALID_CONTEXT);
	REFUSED(tern_clCreateEventFromGLsyncKHR(context, NULL, &error), CL_INVALID_CONTEXT);
	REFUSED(tern_clCreateFromEGLImageKHR(context, NULL, NULL, 0, NULL, &error),
		CL_INVALID_OPERATION);
	REFUSED(tern_clCreateEventFromEGLSyncKHR(context, NULL, NULL, &error),
		CL_INVALID_EGL_OBJECT_KHR);
	EXPECT(tern_clGetGLObjectInfo(buffer, &type, &name) == CL_INVALID_GL_OBJECT);
	EXPECT(tern_clGetGLObjectInfo(NULL, &type, &name) == CL_INVALID_MEM_OBJECT);
	EXPECT(tern_clGetGLTextureInfo(buffer, CL_GL_MIPMAP_LEVEL, 4, &name, NULL) ==
	       CL_INVALID_GL_OBJECT);
	EXPECT(tern_clEnqueueAcquireGLObjects(queue, 1, &buffer, 0, NULL, NULL) ==
	       CL_INVALID_CONTEXT);
	EXPECT(tern_clEnqueueReleaseGLObjects(NULL, 1, &buffer, 0, NULL, NULL) ==
	       CL_INVALID_COMMAND_QUEUE);
	EXPECT(tern_clEnqueueAcquireEGLObjectsKHR(queue, 1, &buffer, 0, NULL, NULL) ==
	       CL_INVALID_EGL_OBJECT_KHR);
	EXPECT(tern_clEnqueueReleaseEGLObjectsKHR(NULL, 1, &buffer, 0, NULL, NULL) ==
	       CL_INVALID_COMMAND_QUEUE);
	EXPECT(tern_clGetGLContextInfoKHR(NULL, CL_CURRENT_DEVICE_FOR_GL_CONTEXT_KHR, 0, NULL,
					  NULL) == CL_INVALID_GL_SHAREGROUP_REFERENCE_KHR);
}

int main(void)
{
	fixture_begin();
	cl_mem buffer = make_buffer(CL_MEM_READ_WRITE, 64, NULL);
	images();
	image_commands(buffer);
	samplers_and_pipes(buffer);
	sharing(buffer);
	EXPECT(!tern_clReleaseMemObject(buffer));
	fixture_end();
	return test_result();
}
