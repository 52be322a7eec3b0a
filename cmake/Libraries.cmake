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

# wb_library_of(NAME PACKAGE FILE): the target NAME is a package's shared
# library, but its archive for a program that was made by wb_static_program.
function(wb_library_of name package file)
	find_library(${name}_archive ${file} HINTS ${${package}_LIBDIR})
	mark_as_advanced(${name}_archive)
	add_library(${name} INTERFACE)
	target_link_libraries(${name} INTERFACE
	    $<IF:$<BOOL:$<TARGET_PROPERTY:WB_STATIC>>,${${name}_archive},PkgConfig::${package}>)
	target_include_directories(${name} SYSTEM INTERFACE
	    ${${package}_INCLUDE_DIRS})
	if(NOT ${name}_archive)
		set(WB_NO_ARCHIVES ON PARENT_SCOPE)
	endif()
endfunction()
wb_library_of(wb_sodium SODIUM libsodium.a)
wb_library_of(wb_nettle NETTLE libnettle.a)
wb_library_of(wb_protobuf_c PROTOBUF_C libprotobuf-c.a)

# A program that needs no library of the machine it runs on: for USB sticks.
# Sanitizers have no static kind; without archives it is linked as the others.
function(wb_static_program name)
	wb_program(${name} ${ARGN})
	if(WB_SANITIZE OR WB_COVERAGE OR WB_NO_ARCHIVES)
		message(STATUS "${name} is not linked statically")
		return()
	endif()
	set_target_properties(${name} PROPERTIES WB_STATIC ON)
	# The property would link with -pie, which undoes -static-pie.
	set_property(TARGET ${name} PROPERTY POSITION_INDEPENDENT_CODE)
	target_compile_options(${name} PRIVATE -fPIE)
	target_link_options(${name} PRIVATE -static-pie)
endfunction()

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
	target_link_libraries(pb_${name} PUBLIC wb_protobuf_c
	    PRIVATE wb_hardening)
endfunction()
