# The label kernel-hmm: tests in a virtual machine whose kernel has the HMM test driver. One boot runs all of
# them (fixture kernel-hmm.boot), and each is a test that reads its own result. What is missing is said by
# every one of them, which is then skipped.
#
#     tools/packages vm && ctest --preset release -L kernel-hmm
#
# Times are limits only: an emulated machine is slow.
set(vm_folder ${CMAKE_BINARY_DIR}/vm)
set(vm_source ${CMAKE_SOURCE_DIR}/tools/vm)
set(vm_list ${vm_folder}/tests)

add_executable(tern-vm-init ${vm_source}/init.c)
target_link_libraries(tern-vm-init PRIVATE tern_flags)
target_link_options(tern-vm-init PRIVATE -static)
set_target_properties(tern-vm-init PROPERTIES OUTPUT_NAME init RUNTIME_OUTPUT_DIRECTORY ${vm_folder})

# kernel-hmm.<name>: what ARGN, a command, does in the VM within so many seconds. Tests of one lane run one
# after the other. The command's words are single-quoted for the VM's shell.
function(vm_test lane name seconds environment)
  set(words env ${environment} ${ARGN})
  list(TRANSFORM words REPLACE "(.+)" "'\\1'")
  list(JOIN words " " command)
  file(APPEND ${vm_list} "${lane}\t${name}\t${seconds}\t${command}\n")
  add_test(NAME kernel-hmm.${name} COMMAND ${vm_source}/result ${vm_folder}/out ${name})
  set_tests_properties(kernel-hmm.${name} PROPERTIES LABELS kernel-hmm SKIP_RETURN_CODE 77
    FIXTURES_REQUIRED kernel-hmm TIMEOUT 30)
endfunction()

# Chapters of the conformance subset, on a device of these options: kernel-hmm.<run>.<chapter>.
function(vm_chapters lane run device set)
  foreach(chapter ${ARGN})
    vm_test(${lane} ${run}.${chapter} 900
      "OCL_ICD_VENDORS=${CMAKE_BINARY_DIR}/vendors;TERN_TERNC=${TERN_TEST_COMPILER};${set}"
      ${CMAKE_BINARY_DIR}/bin/tern-conformance --isolate --timeout 240 ${device} ${chapter})
  endforeach()
endfunction()

file(WRITE ${vm_list} "")
# The SVM part of the conformance subset, on a Linux without UFFDIO_MOVE (6.8) and PROCMAP_QUERY (6.11).
vm_chapters(cpu cpu "" "" svm shared usm)
vm_chapters(accel accel "" "TERN_DEVICES=accel" buffers svm shared usm)
vm_chapters(cpu accel-coherent "" "TERN_DEVICES=accel;TERN_ACCEL=model=coherent" svm)
# And on the kernel's HMM, with both kinds of memory: in one lane, because a process that looks for devices
# opens and closes all of the driver's. accel is beside them in one case.
set(dmirror "TERN_DEVICES=cpu,accel,dmirror;TERN_POLICY=demand;TERN_DMIRROR_MEMORY=4M")
vm_chapters(dmirror dmirror-private "--custom;0" "${dmirror}" hmm built-in svm shared)
vm_chapters(dmirror dmirror-coherent "--custom;2" "${dmirror}" hmm built-in svm shared)

# The two steps before; they never fail for a test's sake, so that each says itself how it went.
add_test(NAME kernel-hmm.kernel COMMAND ${vm_source}/run kernel ${CMAKE_BINARY_DIR})
add_test(NAME kernel-hmm.boot COMMAND ${vm_source}/run boot ${CMAKE_BINARY_DIR})
set_tests_properties(kernel-hmm.kernel PROPERTIES FIXTURES_SETUP kernel-hmm-image TIMEOUT 7200)
set_tests_properties(kernel-hmm.boot PROPERTIES FIXTURES_SETUP kernel-hmm
  FIXTURES_REQUIRED kernel-hmm-image TIMEOUT 3000)
set_tests_properties(kernel-hmm.kernel kernel-hmm.boot PROPERTIES LABELS kernel-hmm
  SKIP_RETURN_CODE 77 PROCESSORS 2)
add_test(NAME kernel-hmm.machine COMMAND ${vm_source}/run machine ${CMAKE_BINARY_DIR})
set_tests_properties(kernel-hmm.machine PROPERTIES LABELS kernel-hmm SKIP_RETURN_CODE 77
  FIXTURES_REQUIRED kernel-hmm TIMEOUT 30)
