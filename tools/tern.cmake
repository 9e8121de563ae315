# The tern command.
file(GLOB tern_command CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tools/*.c)
add_executable(tern_command ${tern_command})
set_target_properties(tern_command PROPERTIES OUTPUT_NAME tern
  RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
target_compile_definitions(tern_command PRIVATE TERN_VERSION="${PROJECT_VERSION}"
  TERN_LIBDIR="${CMAKE_INSTALL_LIBDIR}")
target_link_libraries(tern_command PRIVATE tern_static)
install(TARGETS tern_command RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})

# Unit tests and fuzzers of its parts.
set(replay ${CMAKE_SOURCE_DIR}/tools/replay_history.c ${CMAKE_SOURCE_DIR}/tools/replay_play.c
  ${CMAKE_SOURCE_DIR}/tools/replay_bound.c ${CMAKE_SOURCE_DIR}/tools/table.c)
add_executable(unit_tools_replay_bound_test ${CMAKE_SOURCE_DIR}/tools/tests/replay_bound_test.c ${replay})
target_link_libraries(unit_tools_replay_bound_test PRIVATE tern_static)
add_test(NAME unit.tools.replay_bound_test COMMAND unit_tools_replay_bound_test)
set_tests_properties(unit.tools.replay_bound_test PROPERTIES LABELS unit TIMEOUT 120 SKIP_RETURN_CODE 77)
set_property(GLOBAL APPEND PROPERTY TERN_FUZZERS
  "tools|replay_fuzz|${CMAKE_SOURCE_DIR}/tools/tests/replay_fuzz.c")
set_property(GLOBAL PROPERTY TERN_TEST_SOURCES_replay_fuzz ${replay})

if(TARGET ternc AND NOT TERN_SANITIZE)
  add_test(NAME install.prefix COMMAND ${CMAKE_SOURCE_DIR}/tools/check_install ${CMAKE_BINARY_DIR})
  add_test(NAME install.package COMMAND ${CMAKE_SOURCE_DIR}/tools/check_package ${CMAKE_BINARY_DIR})
  add_test(NAME tools.kernels COMMAND ${CMAKE_SOURCE_DIR}/tools/check_kernels ${CMAKE_BINARY_DIR})
  set_tests_properties(tools.kernels PROPERTIES LABELS tools TIMEOUT 120)
  if(NOT TERN_FUZZ)
    foreach(name trace lab replay)
      add_test(NAME tools.${name} COMMAND ${CMAKE_SOURCE_DIR}/tools/check_${name}.py ${CMAKE_BINARY_DIR})
      set_tests_properties(tools.${name} PROPERTIES LABELS tools TIMEOUT 600 SKIP_RETURN_CODE 77)
    endforeach()
    find_package(OpenCL)
    if(OpenCL_FOUND)
      add_executable(top-hold ${CMAKE_SOURCE_DIR}/tools/tests/top_hold.c)
      set_target_properties(top-hold PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
      target_link_libraries(top-hold PRIVATE tern_flags OpenCL::OpenCL)
      add_test(NAME tools.top COMMAND ${CMAKE_SOURCE_DIR}/tools/check_top.py ${CMAKE_BINARY_DIR})
      set_tests_properties(tools.top PROPERTIES LABELS tools TIMEOUT 240)
    endif()
  endif()
  set_tests_properties(install.prefix install.package PROPERTIES LABELS install TIMEOUT 300)
endif()
