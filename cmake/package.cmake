# The Debian package: `cpack --config build/release/CPackConfig.cmake -B build/package` after a build of `openmcp`.
# What it needs of other packages is found from the program itself (dpkg-shlibdeps).
include(GNUInstallDirs)
if(TARGET openmcp)
  install(TARGETS openmcp RUNTIME DESTINATION bin)
  install(FILES ${CMAKE_BINARY_DIR}/share/openmcp/words.i8 DESTINATION share/openmcp OPTIONAL)
  install(FILES deploy/openmcp.service DESTINATION /lib/systemd/system)
  install(FILES deploy/openmcp.user.service DESTINATION lib/systemd/user RENAME openmcp.service)
  install(FILES LICENSE DESTINATION share/doc/openmcp RENAME copyright)
  install(FILES README.md SECURITY.md docs/serve.md docs/cli.md docs/getting-started.md DESTINATION share/doc/openmcp)
  # Completions come from the program, so that they are those of this very build.
  install(CODE "
    foreach(shell bash zsh fish)
      execute_process(COMMAND ${CMAKE_BINARY_DIR}/openmcp completion \${shell}
                      OUTPUT_FILE ${CMAKE_BINARY_DIR}/openmcp.\${shell} COMMAND_ERROR_IS_FATAL ANY)
    endforeach()")
  install(FILES ${CMAKE_BINARY_DIR}/openmcp.bash DESTINATION share/bash-completion/completions RENAME openmcp)
  install(FILES ${CMAKE_BINARY_DIR}/openmcp.zsh DESTINATION share/zsh/vendor-completions RENAME _openmcp)
  install(FILES ${CMAKE_BINARY_DIR}/openmcp.fish DESTINATION share/fish/vendor_completions.d)
endif()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME openmcp)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "OpenMCP maintainers <maintainers@openmcp.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "contextual memory for AI workspaces")
set(CPACK_PACKAGE_DESCRIPTION
  "Keeps contexts (documents, code, conversations, decisions) with their whole history, addressed by their content and
verified on every read. Serves them to AI clients over the Model Context Protocol, to programs over REST and JSON-RPC, to
IPFS clients through a gateway, and to people on a web page and a command line.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION utils)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS ca-certificates)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
include(CPack)
