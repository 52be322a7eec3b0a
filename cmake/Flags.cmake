# Two interface targets. wb_hardening is for all code, generated code too;
# wb_warnings is for ours only. Nothing here is a global flag.
option(WB_WERROR "Treat warnings as errors (CI)" OFF)
set(WB_SANITIZE "" CACHE STRING "Sanitizers, e.g. address,undefined")
option(WB_COVERAGE "Instrument for coverage" OFF)

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
include(CheckPIESupported)
check_pie_supported(LANGUAGES C)

add_library(wb_hardening INTERFACE)
target_compile_definitions(wb_hardening INTERFACE _GNU_SOURCE)
target_include_directories(wb_hardening INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(wb_hardening INTERFACE
    -fstack-protector-strong -fno-strict-aliasing
    $<$<STREQUAL:${CMAKE_SYSTEM_PROCESSOR},x86_64>:-fcf-protection=full>)
if(WB_SANITIZE)
	target_compile_options(wb_hardening INTERFACE
	    -fsanitize=${WB_SANITIZE} -fno-omit-frame-pointer
	    -fno-sanitize-recover=all)
	target_link_options(wb_hardening INTERFACE -fsanitize=${WB_SANITIZE})
else()
	target_compile_options(wb_hardening INTERFACE
	    -fstack-clash-protection)
	if(NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
		target_compile_options(wb_hardening INTERFACE
		    -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
	endif()
endif()
if(WB_COVERAGE)
	# Threads count too; without this they overwrite each other's counts.
	target_compile_options(wb_hardening INTERFACE --coverage
	    -fprofile-update=atomic)
	target_link_options(wb_hardening INTERFACE --coverage)
endif()
target_link_options(wb_hardening INTERFACE -Wl,-z,relro -Wl,-z,now
    -Wl,-z,noexecstack)

add_library(wb_warnings INTERFACE)
target_compile_options(wb_warnings INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion
    -Wformat=2 -Wcast-qual -Wcast-align -Wwrite-strings -Wstrict-prototypes
    -Wmissing-prototypes -Wundef -Wvla -Wnull-dereference
    $<$<C_COMPILER_ID:GNU>:-Wduplicated-cond>
    $<$<C_COMPILER_ID:GNU>:-Wduplicated-branches>
    $<$<C_COMPILER_ID:GNU>:-Wlogical-op>
    $<$<BOOL:${WB_WERROR}>:-Werror>)

# A library of our own code: wb_library(NAME LINKS lib... SOURCES file...)
function(wb_library name)
	cmake_parse_arguments(A "" "" "SOURCES;LINKS" ${ARGN})
	add_library(${name} STATIC ${A_SOURCES})
	target_link_libraries(${name} PUBLIC wb_hardening ${A_LINKS}
	    PRIVATE wb_warnings)
endfunction()

function(wb_program name)
	cmake_parse_arguments(A "" "" "SOURCES;LINKS" ${ARGN})
	add_executable(${name} ${A_SOURCES})
	target_link_libraries(${name} PRIVATE wb_hardening wb_warnings
	    ${A_LINKS})
	set_target_properties(${name} PROPERTIES
	    RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
endfunction()
