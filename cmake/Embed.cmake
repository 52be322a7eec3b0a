# wb_embed(OUT FILE NAME): at build time, makes a C file that holds FILE's bytes
# and a final NUL as `const char NAME[]`; its path goes to the variable OUT.
# Run as a script (cmake -P) it is the generator itself.
if(CMAKE_SCRIPT_MODE_FILE)
	file(READ ${EMBED_FILE} hex HEX)
	# A byte list, because a string literal this long is not portable C.
	string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
	string(REGEX REPLACE "([^,]*,[^,]*,[^,]*,[^,]*,[^,]*,[^,]*,[^,]*,[^,]*,)"
	    "\t\\1\n" bytes "${bytes}")
	file(WRITE ${EMBED_OUT} "extern const char ${EMBED_NAME}[];\n"
	    "const char ${EMBED_NAME}[] = {\n${bytes}\n\t0x00\n};\n")
	return()
endif()

set(WB_EMBED_SCRIPT ${CMAKE_CURRENT_LIST_FILE})

function(wb_embed out file name)
	set(made ${CMAKE_CURRENT_BINARY_DIR}/${name}.c)
	add_custom_command(OUTPUT ${made}
	    COMMAND ${CMAKE_COMMAND} -DEMBED_FILE=${CMAKE_CURRENT_SOURCE_DIR}/${file}
	        -DEMBED_OUT=${made} -DEMBED_NAME=${name} -P ${WB_EMBED_SCRIPT}
	    DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${file} ${WB_EMBED_SCRIPT} VERBATIM)
	set(${out} ${made} PARENT_SCOPE)
endfunction()
