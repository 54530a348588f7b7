#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The author's approval: what is used without asking, what is asked, what must change together; a
# paper's own fixed terms; its language; and where one more alternative helps most.
. "$(dirname -- "$0")/lib.sh"
needs_program
. "$SOURCE/test/scenario/papers.sh"

mkdir -p data/en
cat >data/en/language.pack <<'END'
language en English
quote " "
sign formal hereby
END
cat >data/en/words.pack <<'END'
often: adv x <> often | frequently | many times
talks: noun x <> talks | negotiations
	tier ask
us: style x <> US | United States
	whole
city: noun x <> city | town [formal]
test: noun x <> ban | halt
END
export SUBROSA_DATA="$PWD/data"

cat >paper.md <<'END'
# The city

The council of the US city often met in spring. It is known that no one there was sorry.

Nobody in the US has seen the talks or the test ban as they are, and few in the US will, so it is said.
END
run places paper.md --write approved.md
check 'succeeds' exits 0
check 'nothing on standard error' err_empty
check 'places without asking' out_has '^3 places .0 by the author, 3 automatic., 3\.6 bits in 46 words'
check 'what changes together counts as one' out_has '^They stand at 5 spots'
check 'and what it asks' out_has '^1 more, worth 1\.0 bits, stand in approved.md as questions'
check 'a question is a question' grep -q 'seen the [{][?][|]talks[|]negotiations[}] or' approved.md
check 'what changes together has a tag' test "$(grep -o '{#s1|US|United States}' approved.md | wc -l)" -eq 3
check 'a wording of another register is not used' not grep -q town approved.md
check 'a heading stays' grep -q '^# The city$' approved.md

# What the author leaves is approved, what he deletes stays deleted, what he does not answer is no place.
run places approved.md --no-auto --json
check 'left as it is: the places' value_is 3 places
check 'left as it is: the question' value_is 1 questions
sed 's/{?|/{/; s/{often[^}]*}/often/' approved.md >mended.md
run places mended.md --no-auto --json
check 'answered: one more; deleted: one less' value_is 3 places
check 'answered: no question left' value_is 0 questions
run mark mended.md --no-auto --readers "$readers" --out copies --ledger ledger
check 'marked' exits 0
check 'with as many places' out_has '; 3 places'
check 'no copy has two styles' test "$(grep -lE 'US' copies/* | xargs grep -lE 'United States' | wc -l)" -eq 0
check 'some copies have the one' grep -qr 'United States' copies
check 'some the other' grep -qrw US copies
check 'some copies have what was approved' grep -qr negotiations copies
check 'no copy has what was deleted' not grep -qr frequently copies
run mark approved.md --no-auto --readers "$readers" --out copies2 --ledger ledger2
check 'a question that is not answered is told' err_has '1 question'
check 'and is no place' not grep -qr negotiations copies2

# --fixed: terms of this paper.
printf '# ours\n\ntest ban\nno one of/there\n' >fixed.txt
run places paper.md --json --fixed fixed.txt
check '--fixed: one place less' value_is 2 places
printf 'a #colour house\n' >bad.txt
run places paper.md --fixed bad.txt
check '--fixed: a pattern that is none is refused' exits 2
check '--fixed: with file and line' err_has '^bad.txt:1:1: error: '
run places paper.md --fixed missing.txt
check '--fixed: a missing file is told' err_has '^missing.txt: error: '

# --language.
run places paper.md --language xx
check '--language: none of that name' exits 2
check '--language: says so' err_has 'language pack "xx" cannot be found'
run places paper.md --language ../data/en
check '--language: no path' exits 2
unset SUBROSA_DATA
printf 'Вчера министр встретился с послом, однако он начал переговоры очень быстро и ушёл в отпуск.\n' >ru.md
run places ru.md --language ru --json
check '--language ru: succeeds' exits 0
run places "$SOURCE/data/demo/paper.md" --language ru --json --no-auto
check '--language ru --no-auto: succeeds' exits 0

# How strong it is: a hundred places in the first of three paragraphs, none in the second.
{
	i=0
	while [ $i -lt 100 ]; do
		printf 'The {old|aged|ancient|grey} man no. %d left. ' $i
		i=$((i + 1))
	done
	printf '\n\nNobody here has said a single word about it in all of these many years.\n\n'
	printf 'A {short|brief} end.\n'
} >strong.md
run places strong.md --no-auto
check 'a row for each paragraph' test "$(sed -n '/^By paragraph/,/^$/p' "$out" | grep -cE '^ +[0-9]+ ')" -eq 3
check 'the first is strong' out_has '^ +1 +600 +100 +200\.0 +[0-9]+ +[0-9]+$'
check 'the second is bare' out_has '^ +3 +15 +0 +0\.0 +-- +--$'
check 'the weakest sentence is named' out_has '^  line 3, 15 words, 0\.0 bits: Nobody here has said'
run places strong.md --no-auto --json
check 'JSON: paragraphs' items_are 3 strength paragraphs
passage=$(value strength paragraphs 0 shortest 0)
run places strong.md --no-auto --json --readers 100000
check 'JSON: a thousand times the readers' value_is 100000 strength readers
check 'take more words' test "$(value strength paragraphs 0 shortest 0)" -gt "$passage"
run places strong.md --no-auto --readers 1
check '--readers: at least two' exits 2
end_of_test
