# What `cmake --install` puts where, and the Debian package (cpack -G DEB in the build folder).
install(TARGETS tern_shared LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(FILES ${CMAKE_SOURCE_DIR}/LICENSE ${CMAKE_SOURCE_DIR}/README.md ${CMAKE_SOURCE_DIR}/docs/manual.md
        DESTINATION ${CMAKE_INSTALL_DOCDIR})
# Extensions of Tern's own, for applications: <CL/cl_tern.h>
install(FILES ${CMAKE_SOURCE_DIR}/icd/cl_tern.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/CL)
# The interface of migration policies, for plug-ins: -I<include>/tern, "svm/policy.h"
install(FILES ${CMAKE_SOURCE_DIR}/svm/policy.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/tern/svm)
install(DIRECTORY ${CMAKE_SOURCE_DIR}/docs/examples DESTINATION ${CMAKE_INSTALL_DOCDIR})

# tern.icd holds the path of the library, which is known only when the prefix is: at the installation.
# Under /usr the loader's folder is /etc, elsewhere it is below the prefix.
install(CODE "
  set(libdir \"${CMAKE_INSTALL_LIBDIR}\")
  if(NOT IS_ABSOLUTE \"\${libdir}\")
    get_filename_component(libdir \"\${CMAKE_INSTALL_PREFIX}/\${libdir}\" ABSOLUTE)
  endif()
  set(TERN_ICD_LIBRARY \"\${libdir}/libtern.so\")
  get_filename_component(prefix \"\${CMAKE_INSTALL_PREFIX}\" ABSOLUTE)
  set(sysconf \"\${prefix}/etc\")
  if(prefix STREQUAL \"/usr\")
    set(sysconf /etc)
  endif()
  configure_file(\"${CMAKE_SOURCE_DIR}/vendors/tern.icd.in\"
                 \"\$ENV{DESTDIR}\${sysconf}/OpenCL/vendors/tern.icd\" @ONLY)
  message(STATUS \"Installing: \$ENV{DESTDIR}\${sysconf}/OpenCL/vendors/tern.icd\")
")

# The build tree as an installation: OCL_ICD_VENDORS=<build>/vendors.
file(GENERATE OUTPUT ${CMAKE_BINARY_DIR}/vendors/tern.icd CONTENT "$<TARGET_FILE:tern_shared>\n")

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME tern-opencl-icd)
set(CPACK_PACKAGE_CONTACT "The Tern developers <tern@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "OpenCL 3.0 runtime with one shared address space")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_PROVIDES opencl-icd)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "ocl-icd-libopencl1, llvm-spirv-15 | llvm-spirv-19")
include(CPack)
