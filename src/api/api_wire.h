/* SPDX-License-Identifier: Apache-2.0 */
/* What the sub-commands of wire share: a client with its keys and its view, and the report. */
#ifndef API_WIRE_H
#define API_WIRE_H

#include "build.h"
#include "subrosa.h"
#include "wire_client.h"

enum {
	API_WIRE_OUT_MAX = 256 * 1024 * 1024, /* of a report */
	API_WIRE_KEY_LEN_MAX = 256,           /* the line of a key file */
};

/* struct api_wire_key: a log with the secret halves of its keys. */
struct api_wire_key {
	struct crypto_key write, read;
	struct wire_log log;
};

/* api_wire_key_write appends the line of a key file, with its line end; out should be secret.
 * api_wire_key_read reads it, without one: SR_E_INPUT, SR_E_NOMEM. Release k also after a failure.
 */
void api_wire_key_write(const struct api_wire_key *k, struct build *out);
SR_MUST struct sr_err api_wire_key_read(const char *line, struct api_wire_key *k);
void api_wire_key_release(struct api_wire_key *k);

/* api_wire_pad makes a cell of at most SR_WIRE_BYTES bytes (SR_E_LIMIT): their number (u16), they
 * themselves, zeros. api_wire_bytes gives them back, borrowed; false: it is no such cell. */
SR_MUST struct sr_err api_wire_pad(struct slice bytes, uint8_t cell[WIRE_CELL_LEN]);
bool api_wire_bytes(const uint8_t cell[WIRE_CELL_LEN], struct slice *out);

#endif
