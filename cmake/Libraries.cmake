# Every third-party library, once; docs/dependencies.md has the reasons.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium>=1.0.18)
pkg_check_modules(NETTLE REQUIRED IMPORTED_TARGET nettle>=3.8)
pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3>=3.40)
pkg_check_modules(PROTOBUF_C REQUIRED IMPORTED_TARGET libprotobuf-c>=1.4)
pkg_check_modules(MICROHTTPD REQUIRED IMPORTED_TARGET libmicrohttpd>=0.9.75)
pkg_check_modules(CURL REQUIRED IMPORTED_TARGET libcurl>=7.88)
pkg_check_modules(UTF8PROC REQUIRED IMPORTED_TARGET libutf8proc>=2.6)
find_program(PROTOC_C protoc-c REQUIRED)
find_program(SCDOC scdoc)

# Generates X.pb-c.c and .h beside the build's copy of proto/.
function(wb_protobuf name)
	set(out ${CMAKE_BINARY_DIR}/proto)
	file(MAKE_DIRECTORY ${out})
	add_custom_command(OUTPUT ${out}/${name}.pb-c.c ${out}/${name}.pb-c.h
	    COMMAND ${PROTOC_C} --proto_path=${CMAKE_SOURCE_DIR}/proto
	        --c_out=${out} ${CMAKE_SOURCE_DIR}/proto/${name}.proto
	    DEPENDS ${CMAKE_SOURCE_DIR}/proto/${name}.proto VERBATIM)
	add_library(pb_${name} STATIC ${out}/${name}.pb-c.c ${out}/${name}.pb-c.h)
	target_include_directories(pb_${name} SYSTEM PUBLIC ${CMAKE_BINARY_DIR})
	target_link_libraries(pb_${name} PUBLIC PkgConfig::PROTOBUF_C
	    PRIVATE wb_hardening)
endfunction()
