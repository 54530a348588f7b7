/* SPDX-License-Identifier: Apache-2.0 */
#include "extract_entity.h"

#include <stdlib.h>
#include <string.h>

enum { NAME_LEN_MAX = 31, BARE_LEN_MAX = 6 };

struct entity {
	const char *name;
	uint16_t c;
};

/* clang-format off */
/* Sorted by name: those that need no semicolon (HTML Standard, 13.5). */
static const struct entity bare[] = {
	{"AElig", 0xc6}, {"AMP", 0x26}, {"Aacute", 0xc1}, {"Acirc", 0xc2}, {"Agrave", 0xc0},
	{"Aring", 0xc5}, {"Atilde", 0xc3}, {"Auml", 0xc4}, {"COPY", 0xa9}, {"Ccedil", 0xc7},
	{"ETH", 0xd0}, {"Eacute", 0xc9}, {"Ecirc", 0xca}, {"Egrave", 0xc8}, {"Euml", 0xcb},
	{"GT", 0x3e}, {"Iacute", 0xcd}, {"Icirc", 0xce}, {"Igrave", 0xcc}, {"Iuml", 0xcf},
	{"LT", 0x3c}, {"Ntilde", 0xd1}, {"Oacute", 0xd3}, {"Ocirc", 0xd4}, {"Ograve", 0xd2},
	{"Oslash", 0xd8}, {"Otilde", 0xd5}, {"Ouml", 0xd6}, {"QUOT", 0x22}, {"REG", 0xae},
	{"THORN", 0xde}, {"Uacute", 0xda}, {"Ucirc", 0xdb}, {"Ugrave", 0xd9}, {"Uuml", 0xdc},
	{"Yacute", 0xdd}, {"aacute", 0xe1}, {"acirc", 0xe2}, {"acute", 0xb4}, {"aelig", 0xe6},
	{"agrave", 0xe0}, {"amp", 0x26}, {"aring", 0xe5}, {"atilde", 0xe3}, {"auml", 0xe4},
	{"brvbar", 0xa6}, {"ccedil", 0xe7}, {"cedil", 0xb8}, {"cent", 0xa2}, {"copy", 0xa9},
	{"curren", 0xa4}, {"deg", 0xb0}, {"divide", 0xf7}, {"eacute", 0xe9}, {"ecirc", 0xea},
	{"egrave", 0xe8}, {"eth", 0xf0}, {"euml", 0xeb}, {"frac12", 0xbd}, {"frac14", 0xbc},
	{"frac34", 0xbe}, {"gt", 0x3e}, {"iacute", 0xed}, {"icirc", 0xee}, {"iexcl", 0xa1},
	{"igrave", 0xec}, {"iquest", 0xbf}, {"iuml", 0xef}, {"laquo", 0xab}, {"lt", 0x3c},
	{"macr", 0xaf}, {"micro", 0xb5}, {"middot", 0xb7}, {"nbsp", 0xa0}, {"not", 0xac},
	{"ntilde", 0xf1}, {"oacute", 0xf3}, {"ocirc", 0xf4}, {"ograve", 0xf2}, {"ordf", 0xaa},
	{"ordm", 0xba}, {"oslash", 0xf8}, {"otilde", 0xf5}, {"ouml", 0xf6}, {"para", 0xb6},
	{"plusmn", 0xb1}, {"pound", 0xa3}, {"quot", 0x22}, {"raquo", 0xbb}, {"reg", 0xae},
	{"sect", 0xa7}, {"shy", 0xad}, {"sup1", 0xb9}, {"sup2", 0xb2}, {"sup3", 0xb3},
	{"szlig", 0xdf}, {"thorn", 0xfe}, {"times", 0xd7}, {"uacute", 0xfa}, {"ucirc", 0xfb},
	{"ugrave", 0xf9}, {"uml", 0xa8}, {"uuml", 0xfc}, {"yacute", 0xfd}, {"yen", 0xa5},
	{"yuml", 0xff},
};

/* Sorted by name: those of HTML 4 that do, and of later ones the letters, spaces and marks. */
static const struct entity named[] = {
	{"Abreve", 0x102}, {"Acy", 0x410}, {"Alpha", 0x391}, {"Amacr", 0x100}, {"Aogon", 0x104},
	{"ApplyFunction", 0x2061}, {"Bcy", 0x411}, {"Beta", 0x392}, {"CHcy", 0x427},
	{"Cacute", 0x106}, {"Ccaron", 0x10c}, {"Ccirc", 0x108}, {"Cdot", 0x10a},
	{"Cedilla", 0xb8}, {"CenterDot", 0xb7}, {"Chi", 0x3a7}, {"CloseCurlyDoubleQuote", 0x201d},
	{"CloseCurlyQuote", 0x2019}, {"DJcy", 0x402}, {"DScy", 0x405}, {"DZcy", 0x40f},
	{"Dagger", 0x2021}, {"Dcaron", 0x10e}, {"Dcy", 0x414}, {"Delta", 0x394},
	{"DiacriticalAcute", 0xb4}, {"DiacriticalGrave", 0x60}, {"Dot", 0xa8},
	{"DoubleDot", 0xa8}, {"Dstrok", 0x110}, {"ENG", 0x14a}, {"Ecaron", 0x11a}, {"Ecy", 0x42d},
	{"Edot", 0x116}, {"Emacr", 0x112}, {"Eogon", 0x118}, {"Epsilon", 0x395}, {"Eta", 0x397},
	{"Fcy", 0x424}, {"GJcy", 0x403}, {"Gamma", 0x393}, {"Gbreve", 0x11e}, {"Gcedil", 0x122},
	{"Gcirc", 0x11c}, {"Gcy", 0x413}, {"Gdot", 0x120}, {"HARDcy", 0x42a}, {"Hat", 0x5e},
	{"Hcirc", 0x124}, {"Hstrok", 0x126}, {"IEcy", 0x415}, {"IJlig", 0x132}, {"IOcy", 0x401},
	{"Icy", 0x418}, {"Idot", 0x130}, {"Imacr", 0x12a}, {"InvisibleComma", 0x2063},
	{"InvisibleTimes", 0x2062}, {"Iogon", 0x12e}, {"Iota", 0x399}, {"Itilde", 0x128},
	{"Iukcy", 0x406}, {"Jcirc", 0x134}, {"Jcy", 0x419}, {"Jsercy", 0x408}, {"Jukcy", 0x404},
	{"KHcy", 0x425}, {"KJcy", 0x40c}, {"Kappa", 0x39a}, {"Kcedil", 0x136}, {"Kcy", 0x41a},
	{"LJcy", 0x409}, {"Lacute", 0x139}, {"Lambda", 0x39b}, {"Lcaron", 0x13d},
	{"Lcedil", 0x13b}, {"Lcy", 0x41b}, {"Lmidot", 0x13f}, {"Lstrok", 0x141}, {"Mcy", 0x41c},
	{"MediumSpace", 0x205f}, {"Mu", 0x39c}, {"NJcy", 0x40a}, {"Nacute", 0x143},
	{"Ncaron", 0x147}, {"Ncedil", 0x145}, {"Ncy", 0x41d}, {"NegativeMediumSpace", 0x200b},
	{"NegativeThickSpace", 0x200b}, {"NegativeThinSpace", 0x200b},
	{"NegativeVeryThinSpace", 0x200b}, {"NewLine", 0xa}, {"NoBreak", 0x2060},
	{"NonBreakingSpace", 0xa0}, {"Nu", 0x39d}, {"OElig", 0x152}, {"Ocy", 0x41e},
	{"Odblac", 0x150}, {"Omacr", 0x14c}, {"Omega", 0x3a9}, {"Omicron", 0x39f},
	{"OpenCurlyDoubleQuote", 0x201c}, {"OpenCurlyQuote", 0x2018}, {"OverBar", 0x203e},
	{"Pcy", 0x41f}, {"Phi", 0x3a6}, {"Pi", 0x3a0}, {"PlusMinus", 0xb1}, {"Prime", 0x2033},
	{"Psi", 0x3a8}, {"Racute", 0x154}, {"Rcaron", 0x158}, {"Rcedil", 0x156}, {"Rcy", 0x420},
	{"Rho", 0x3a1}, {"SHCHcy", 0x429}, {"SHcy", 0x428}, {"SOFTcy", 0x42c}, {"Sacute", 0x15a},
	{"Scaron", 0x160}, {"Scedil", 0x15e}, {"Scirc", 0x15c}, {"Scy", 0x421}, {"Sigma", 0x3a3},
	{"TSHcy", 0x40b}, {"TScy", 0x426}, {"Tab", 0x9}, {"Tau", 0x3a4}, {"Tcaron", 0x164},
	{"Tcedil", 0x162}, {"Tcy", 0x422}, {"Theta", 0x398}, {"ThinSpace", 0x2009},
	{"Tstrok", 0x166}, {"Ubrcy", 0x40e}, {"Ubreve", 0x16c}, {"Ucy", 0x423}, {"Udblac", 0x170},
	{"Umacr", 0x16a}, {"UnderBar", 0x5f}, {"Uogon", 0x172}, {"Upsilon", 0x3a5},
	{"Uring", 0x16e}, {"Utilde", 0x168}, {"Vcy", 0x412}, {"Verbar", 0x2016}, {"Vert", 0x2016},
	{"VerticalLine", 0x7c}, {"VeryThinSpace", 0x200a}, {"Wcirc", 0x174}, {"Xi", 0x39e},
	{"YAcy", 0x42f}, {"YIcy", 0x407}, {"YUcy", 0x42e}, {"Ycirc", 0x176}, {"Ycy", 0x42b},
	{"Yuml", 0x178}, {"ZHcy", 0x416}, {"Zacute", 0x179}, {"Zcaron", 0x17d}, {"Zcy", 0x417},
	{"Zdot", 0x17b}, {"ZeroWidthSpace", 0x200b}, {"Zeta", 0x396}, {"abreve", 0x103},
	{"acy", 0x430}, {"af", 0x2061}, {"alefsym", 0x2135}, {"alpha", 0x3b1}, {"amacr", 0x101},
	{"and", 0x2227}, {"ang", 0x2220}, {"angst", 0xc5}, {"aogon", 0x105}, {"apos", 0x27},
	{"ast", 0x2a}, {"asymp", 0x2248}, {"backprime", 0x2035}, {"bcy", 0x431},
	{"bdquo", 0x201e}, {"beta", 0x3b2}, {"bprime", 0x2035}, {"bsemi", 0x204f}, {"bsol", 0x5c},
	{"bull", 0x2022}, {"bullet", 0x2022}, {"cacute", 0x107}, {"cap", 0x2229},
	{"caret", 0x2041}, {"ccaron", 0x10d}, {"ccirc", 0x109}, {"cdot", 0x10b},
	{"centerdot", 0xb7}, {"chcy", 0x447}, {"chi", 0x3c7}, {"circ", 0x2c6}, {"circledR", 0xae},
	{"clubs", 0x2663}, {"colon", 0x3a}, {"comma", 0x2c}, {"commat", 0x40}, {"cong", 0x2245},
	{"crarr", 0x21b5}, {"cup", 0x222a}, {"dArr", 0x21d3}, {"dagger", 0x2020},
	{"darr", 0x2193}, {"dash", 0x2010}, {"dcaron", 0x10f}, {"dcy", 0x434},
	{"ddagger", 0x2021}, {"delta", 0x3b4}, {"diams", 0x2666}, {"die", 0xa8}, {"div", 0xf7},
	{"djcy", 0x452}, {"dollar", 0x24}, {"dscy", 0x455}, {"dstrok", 0x111}, {"dzcy", 0x45f},
	{"ecaron", 0x11b}, {"ecy", 0x44d}, {"edot", 0x117}, {"emacr", 0x113}, {"empty", 0x2205},
	{"emsp", 0x2003}, {"emsp13", 0x2004}, {"emsp14", 0x2005}, {"eng", 0x14b},
	{"ensp", 0x2002}, {"eogon", 0x119}, {"epsilon", 0x3b5}, {"equals", 0x3d},
	{"equiv", 0x2261}, {"eta", 0x3b7}, {"euro", 0x20ac}, {"excl", 0x21}, {"exist", 0x2203},
	{"fcy", 0x444}, {"ffilig", 0xfb03}, {"fflig", 0xfb00}, {"ffllig", 0xfb04},
	{"filig", 0xfb01}, {"fllig", 0xfb02}, {"fnof", 0x192}, {"forall", 0x2200},
	{"frasl", 0x2044}, {"gacute", 0x1f5}, {"gamma", 0x3b3}, {"gbreve", 0x11f},
	{"gcirc", 0x11d}, {"gcy", 0x433}, {"gdot", 0x121}, {"ge", 0x2265}, {"gjcy", 0x453},
	{"grave", 0x60}, {"hArr", 0x21d4}, {"hairsp", 0x200a}, {"half", 0xbd}, {"hardcy", 0x44a},
	{"harr", 0x2194}, {"hcirc", 0x125}, {"hearts", 0x2665}, {"hellip", 0x2026},
	{"horbar", 0x2015}, {"hstrok", 0x127}, {"hybull", 0x2043}, {"hyphen", 0x2010},
	{"ic", 0x2063}, {"icy", 0x438}, {"iecy", 0x435}, {"ijlig", 0x133}, {"imacr", 0x12b},
	{"image", 0x2111}, {"imath", 0x131}, {"imped", 0x1b5}, {"infin", 0x221e},
	{"inodot", 0x131}, {"int", 0x222b}, {"iocy", 0x451}, {"iogon", 0x12f}, {"iota", 0x3b9},
	{"isin", 0x2208}, {"it", 0x2062}, {"itilde", 0x129}, {"iukcy", 0x456}, {"jcirc", 0x135},
	{"jcy", 0x439}, {"jmath", 0x237}, {"jsercy", 0x458}, {"jukcy", 0x454}, {"kappa", 0x3ba},
	{"kcedil", 0x137}, {"kcy", 0x43a}, {"kgreen", 0x138}, {"khcy", 0x445}, {"kjcy", 0x45c},
	{"lArr", 0x21d0}, {"lacute", 0x13a}, {"lambda", 0x3bb}, {"lang", 0x27e8},
	{"larr", 0x2190}, {"lbrace", 0x7b}, {"lbrack", 0x5b}, {"lcaron", 0x13e},
	{"lcedil", 0x13c}, {"lceil", 0x2308}, {"lcub", 0x7b}, {"lcy", 0x43b}, {"ldquo", 0x201c},
	{"ldquor", 0x201e}, {"le", 0x2264}, {"lfloor", 0x230a}, {"ljcy", 0x459},
	{"lmidot", 0x140}, {"lowast", 0x2217}, {"lowbar", 0x5f}, {"loz", 0x25ca}, {"lpar", 0x28},
	{"lrm", 0x200e}, {"lsaquo", 0x2039}, {"lsqb", 0x5b}, {"lsquo", 0x2018},
	{"lsquor", 0x201a}, {"lstrok", 0x142}, {"mcy", 0x43c}, {"mdash", 0x2014},
	{"midast", 0x2a}, {"minus", 0x2212}, {"mldr", 0x2026}, {"mu", 0x3bc}, {"nabla", 0x2207},
	{"nacute", 0x144}, {"napos", 0x149}, {"ncaron", 0x148}, {"ncedil", 0x146}, {"ncy", 0x43d},
	{"ndash", 0x2013}, {"ne", 0x2260}, {"ni", 0x220b}, {"njcy", 0x45a}, {"nldr", 0x2025},
	{"notin", 0x2209}, {"nsub", 0x2284}, {"nu", 0x3bd}, {"num", 0x23}, {"numero", 0x2116},
	{"numsp", 0x2007}, {"ocy", 0x43e}, {"odblac", 0x151}, {"oelig", 0x153}, {"oline", 0x203e},
	{"omacr", 0x14d}, {"omega", 0x3c9}, {"omicron", 0x3bf}, {"oplus", 0x2295}, {"or", 0x2228},
	{"otimes", 0x2297}, {"part", 0x2202}, {"pcy", 0x43f}, {"percnt", 0x25}, {"period", 0x2e},
	{"permil", 0x2030}, {"perp", 0x22a5}, {"pertenk", 0x2031}, {"phi", 0x3c6}, {"pi", 0x3c0},
	{"piv", 0x3d6}, {"plus", 0x2b}, {"pm", 0xb1}, {"prime", 0x2032}, {"prod", 0x220f},
	{"prop", 0x221d}, {"psi", 0x3c8}, {"puncsp", 0x2008}, {"qprime", 0x2057}, {"quest", 0x3f},
	{"rArr", 0x21d2}, {"racute", 0x155}, {"radic", 0x221a}, {"rang", 0x27e9},
	{"rarr", 0x2192}, {"rbrace", 0x7d}, {"rbrack", 0x5d}, {"rcaron", 0x159},
	{"rcedil", 0x157}, {"rceil", 0x2309}, {"rcub", 0x7d}, {"rcy", 0x440}, {"rdquo", 0x201d},
	{"rdquor", 0x201d}, {"real", 0x211c}, {"rfloor", 0x230b}, {"rho", 0x3c1}, {"rlm", 0x200f},
	{"rpar", 0x29}, {"rsaquo", 0x203a}, {"rsqb", 0x5d}, {"rsquo", 0x2019}, {"rsquor", 0x2019},
	{"sacute", 0x15b}, {"sbquo", 0x201a}, {"scaron", 0x161}, {"scedil", 0x15f},
	{"scirc", 0x15d}, {"scy", 0x441}, {"sdot", 0x22c5}, {"semi", 0x3b}, {"shchcy", 0x449},
	{"shcy", 0x448}, {"sigma", 0x3c3}, {"sigmaf", 0x3c2}, {"sim", 0x223c}, {"softcy", 0x44c},
	{"sol", 0x2f}, {"spades", 0x2660}, {"strns", 0xaf}, {"sub", 0x2282}, {"sube", 0x2286},
	{"sum", 0x2211}, {"sup", 0x2283}, {"supe", 0x2287}, {"tau", 0x3c4}, {"tcaron", 0x165},
	{"tcedil", 0x163}, {"tcy", 0x442}, {"there4", 0x2234}, {"theta", 0x3b8},
	{"thetasym", 0x3d1}, {"thinsp", 0x2009}, {"tilde", 0x2dc}, {"tprime", 0x2034},
	{"trade", 0x2122}, {"tscy", 0x446}, {"tshcy", 0x45b}, {"tstrok", 0x167}, {"uArr", 0x21d1},
	{"uarr", 0x2191}, {"ubrcy", 0x45e}, {"ubreve", 0x16d}, {"ucy", 0x443}, {"udblac", 0x171},
	{"umacr", 0x16b}, {"uogon", 0x173}, {"upsih", 0x3d2}, {"upsilon", 0x3c5},
	{"uring", 0x16f}, {"utilde", 0x169}, {"vcy", 0x432}, {"verbar", 0x7c}, {"vert", 0x7c},
	{"wcirc", 0x175}, {"weierp", 0x2118}, {"xi", 0x3be}, {"yacy", 0x44f}, {"ycirc", 0x177},
	{"ycy", 0x44b}, {"yicy", 0x457}, {"yucy", 0x44e}, {"zacute", 0x17a}, {"zcaron", 0x17e},
	{"zcy", 0x437}, {"zdot", 0x17c}, {"zeta", 0x3b6}, {"zhcy", 0x436}, {"zwj", 0x200d},
	{"zwnj", 0x200c},
};

/* What numeric references to U+0080..U+009F mean (13.2.5.80); 0: themselves. */
static const uint16_t c1[32] = {
	0x20ac, 0, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
	0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017d, 0,
	0, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
	0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0, 0x017e, 0x0178,
};

/* clang-format on */

static int by_name(const void *name, const void *entity)
{
	return strcmp(name, ((const struct entity *)entity)->name);
}

static const struct entity *find(const struct entity *table, size_t n, const char *name)
{
	return bsearch(name, table, n, sizeof *table, by_name);
}

#define FIND(table, name) find((table), sizeof(table) / sizeof(table)[0], (name))

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(uint8_t c)
{
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

/* digit_value returns 16 for what is no digit of the base. */
static uint32_t digit_value(uint8_t c, uint32_t base)
{
	if (is_digit(c))
		return c - (uint32_t)'0';
	if (base == 16 && (c | 0x20) >= 'a' && (c | 0x20) <= 'f')
		return (c | 0x20U) - 'a' + 10;
	return 16;
}

static uint32_t numeric_meaning(uint32_t v)
{
	if (v >= 0x80 && v < 0xa0 && c1[v - 0x80])
		return c1[v - 0x80];
	return v ? v : UINT32_MAX;
}

/* take_number reads what follows "&#". */
static size_t take_number(struct slice s, uint32_t *c)
{
	size_t i = 2;
	uint32_t base = 10, v = 0;
	if (i < s.len && (s.ptr[i] | 0x20) == 'x') {
		base = 16;
		i++;
	}
	size_t from = i;
	for (; i < s.len && digit_value(s.ptr[i], base) < base; i++)
		v = v > 0x10ffff ? v : v * base + digit_value(s.ptr[i], base);
	if (i == from)
		return 0;
	*c = numeric_meaning(v);
	return i < s.len && s.ptr[i] == ';' ? i + 1 : i;
}

/* take_bare reads the longest name that needs no semicolon. */
static size_t take_bare(char *name, size_t len, uint32_t *c)
{
	for (size_t n = len < BARE_LEN_MAX ? len : BARE_LEN_MAX; n > 1; n--) {
		name[n] = 0;
		const struct entity *e = FIND(bare, name);
		if (e) {
			*c = e->c;
			return n + 1;
		}
	}
	return 0;
}

static size_t take_name(struct slice s, uint32_t *c)
{
	char name[NAME_LEN_MAX + 1];
	size_t n = 0;
	while (n < NAME_LEN_MAX && n + 1 < s.len &&
	       (is_letter(s.ptr[n + 1]) || is_digit(s.ptr[n + 1]))) {
		name[n] = (char)s.ptr[n + 1];
		n++;
	}
	name[n] = 0;
	if (n + 1 < s.len && s.ptr[n + 1] == ';') {
		const struct entity *e = FIND(named, name);
		if (!e)
			e = FIND(bare, name);
		if (e) {
			*c = e->c;
			return n + 2;
		}
	}
	return take_bare(name, n, c);
}

size_t entity_take(struct slice s, uint32_t *c)
{
	if (s.len > 1 && s.ptr[1] == '#')
		return take_number(s, c);
	return take_name(s, c);
}
