# The built web page (build/dashboard, made by setup_dashboard in scripts/setup.sh) inside the program. The list of its
# files is written at build time, when the stamp says that the page is another; the files themselves come in by .incbin,
# so that nothing of their size goes through the compiler.
if(TARGET openmcp_api_web)
  set(dashboard ${CMAKE_SOURCE_DIR}/build/dashboard)
  set(dashboard_stamp ${CMAKE_SOURCE_DIR}/build/dashboard.stamp)
  if(NOT EXISTS ${dashboard_stamp})
    file(WRITE ${dashboard_stamp} "not built\n")
  endif()
  add_custom_command(
    OUTPUT ${CMAKE_BINARY_DIR}/web/assets.cpp
    COMMAND ${CMAKE_COMMAND} -DFROM=${dashboard} -DTO=${CMAKE_BINARY_DIR}/web/assets.cpp
            -P ${CMAKE_SOURCE_DIR}/cmake/embed.cmake
    DEPENDS ${CMAKE_SOURCE_DIR}/cmake/embed.cmake ${dashboard_stamp}
    COMMENT "Embedding the web page")
  target_sources(openmcp_api_web PRIVATE ${CMAKE_BINARY_DIR}/web/assets.cpp)
endif()
