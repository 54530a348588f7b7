// SPDX-License-Identifier: Apache-2.0
// The peer stegcloak, for eval/peers.c: FOLDER is where npm installed it.
//   stegcloak.mjs FOLDER hide PLAIN OUT ID...   writes OUT/ID.txt for each ID
//   stegcloak.mjs FOLDER reveal LEAK...         prints a line for each LEAK: its message or nothing
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const [folder, verb, ...rest] = process.argv.slice(2);
const StegCloak = createRequire(`${folder}/node_modules/`)('stegcloak');
const password = 'a password';
const tool = new StegCloak(true, false);

function reveal(path) {
	try {
		return tool.reveal(readFileSync(path, 'utf8'), password).replace(/\s/g, ' ');
	} catch {
		return '';
	}
}

if (verb === 'hide') {
	const [plain, out, ...ids] = rest;
	const text = readFileSync(plain, 'utf8');
	for (const id of ids)
		writeFileSync(`${out}/${id}.txt`, tool.hide(id, password, text));
} else {
	writeFileSync(1, rest.map((path) => `${reveal(path)}\n`).join(''));
}
process.exit(0); // the library leaves something open that would keep node waiting
