/* usage: check_checkpoint VKEY <NOTE: prints the size of a good checkpoint. */
#include <inttypes.h>
#include <stdio.h>

#include "crypto/note.h"

int
main(int argc, char **argv)
{
	static uint8_t note[WB_MAX_NOTE];
	size_t len = fread(note, 1, sizeof note, stdin);
	struct wb_error err = { 0 };
	struct wb_vkey vkey;
	struct wb_head head;

	if (argc != 2 || wb_crypto_start(&err) != WB_OK ||
	    wb_vkey_parse(&vkey, wb_span_text(argv[1]), &err) != WB_OK ||
	    wb_checkpoint_open(&head, NULL, wb_span(note, len), &vkey, &err) !=
		WB_OK) {
		(void)fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	(void)printf("%" PRIu64 "\n", head.size);
	return 0;
}
