/*
 * What each program does first, before it opens anything: nothing it opens may
 * become a standard stream, and its memory is for no core dump or other
 * process.
 */
#ifndef WB_BASE_PROCESS_H
#define WB_BASE_PROCESS_H

#include "base/error.h"

/*
 * A program may be started with standard streams closed.  The next file it
 * opens, such as a vault, would then be standard error, and what is said there
 * would be written over it.  Closed streams are therefore taken by something
 * that can neither be read nor written: using them still fails.  Also turns
 * core dumps off and gives files to their owner alone.  WB_STORAGE: no such
 * stream could be opened; nothing must be opened or printed then.
 */
WB_MUST_CHECK enum wb_status wb_process_start(void);

/*
 * Takes the arguments behind the program's name out of what `ps` shows to every
 * user of the machine: they may name a place or a record.  argv[1] to
 * argv[argc - 1] become copies, which are never freed; without memory for them
 * they stay as they are.  The moment before this call cannot be hidden.
 */
void wb_process_hide_arguments(int argc, char **argv);

#endif
