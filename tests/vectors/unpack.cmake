# cmake -DFROM=folder -DTO=folder -P unpack.cmake: each FROM/NAME.tar.gz into
# TO/NAME. The environment's WAYBILL_VECTORS stands in for FROM. Archives that
# are not there leave no folder, by which the tests know that they must skip.
if(DEFINED ENV{WAYBILL_VECTORS})
	set(FROM $ENV{WAYBILL_VECTORS})
endif()
file(REMOVE_RECURSE ${TO})
file(GLOB archives ${FROM}/*.tar.gz)
foreach(archive IN LISTS archives)
	get_filename_component(name ${archive} NAME)
	string(REGEX REPLACE "\\.tar\\.gz$" "" name ${name})
	file(ARCHIVE_EXTRACT INPUT ${archive} DESTINATION ${TO}/${name})
endforeach()
list(LENGTH archives n)
message("${n} archives of vectors in ${FROM}")
