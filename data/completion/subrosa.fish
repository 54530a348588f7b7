# SPDX-License-Identifier: Apache-2.0
# Completion of subrosa for fish: a line for each command, and for each option of it.
# test/scenario/t93-completion.sh finds what is missing.

# __subrosa_ledger [COMMAND]: whether COMMAND stands behind "subrosa ledger"; without it, nothing yet.
function __subrosa_ledger
	set -l words (commandline -opc)
	test "$words[2]" = ledger; or return 1
	if test (count $argv) -eq 0
		test (count $words) -eq 2
		return
	end
	test "$words[3]" = "$argv[1]"
end

complete -c subrosa -f
complete -c subrosa -n __fish_use_subcommand -l help -d 'tell the commands'
complete -c subrosa -n __fish_use_subcommand -l version -d 'print the versions'
complete -c subrosa -n 'not __fish_use_subcommand' -l help -d 'tell about the command'
complete -c subrosa -n 'not __fish_use_subcommand' -l usage -d 'print a short usage message'

complete -c subrosa -n __fish_use_subcommand -a mark -d 'write a copy of a paper for each reader'
complete -c subrosa -n '__fish_seen_subcommand_from mark' -F
complete -c subrosa -n '__fish_seen_subcommand_from mark' -l readers -rF -d 'the readers: CSV'
complete -c subrosa -n '__fish_seen_subcommand_from mark' -l out -x -a '(__fish_complete_directories)' -d 'where the copies go'
complete -c subrosa -n '__fish_seen_subcommand_from mark' -l ledger -rF -d 'what you keep'
complete -c subrosa -n '__fish_seen_subcommand_from mark' -l no-auto -d 'only the places of the author'
complete -c subrosa -n '__fish_seen_subcommand_from mark' -l language -x -a 'en ru' -d 'the language of the paper'
complete -c subrosa -n '__fish_seen_subcommand_from mark' -l fixed -rF -d 'terms in which nothing may change'
complete -c subrosa -n '__fish_seen_subcommand_from mark' -l force -d 'also a paper that has no place'
complete -c subrosa -n '__fish_seen_subcommand_from mark' -l seal -d 'seal a new ledger with a passphrase'
complete -c subrosa -n '__fish_seen_subcommand_from mark' -l same-key-as -rF -d 'seal it with the key of this ledger'
complete -c subrosa -n '__fish_seen_subcommand_from mark' -l max-collusion -x -d 'readers who may put their copies together: 1 to 12'
complete -c subrosa -n '__fish_seen_subcommand_from mark' -l layers -x -a 'words words,layout' -d 'what marks a copy'
complete -c subrosa -n '__fish_seen_subcommand_from mark' -l paper-size -x -a 'a4 letter' -d 'of the pages of the PDF'
complete -c subrosa -n '__fish_seen_subcommand_from mark' -l font -x -a 'serif sans' -d 'of the PDF'
complete -c subrosa -n '__fish_seen_subcommand_from mark' -l font-size -x -d 'of the text of the PDF, in points'
complete -c subrosa -n '__fish_seen_subcommand_from mark' -l ragged -d 'the lines of the PDF are not justified'
complete -c subrosa -n '__fish_seen_subcommand_from mark' -l footer -d 'the name of the reader at the foot of every page'
complete -c subrosa -n '__fish_seen_subcommand_from mark' -l json -d 'print JSON'
complete -c subrosa -n '__fish_seen_subcommand_from mark' -l passphrase-file -rF -d 'a file with the passphrase of sealed ledgers'

complete -c subrosa -n __fish_use_subcommand -a places -d 'list the places of a paper'
complete -c subrosa -n '__fish_seen_subcommand_from places' -F
complete -c subrosa -n '__fish_seen_subcommand_from places' -l write -rF -d 'write the paper with its places'
complete -c subrosa -n '__fish_seen_subcommand_from places' -l propose -x -d 'ask a language model there for more wordings'
complete -c subrosa -n '__fish_seen_subcommand_from places' -l model -x -d 'the model to ask'
complete -c subrosa -n '__fish_seen_subcommand_from places' -l key-file -rF -d 'a file with the key of that server'
complete -c subrosa -n '__fish_seen_subcommand_from places' -l timeout -x -d 'seconds that one answer may take'
complete -c subrosa -n '__fish_seen_subcommand_from places' -l json -d 'print JSON'
complete -c subrosa -n '__fish_seen_subcommand_from places' -l no-auto -d 'only the places of the author'
complete -c subrosa -n '__fish_seen_subcommand_from places' -l language -x -a 'en ru' -d 'the language of the paper'
complete -c subrosa -n '__fish_seen_subcommand_from places' -l fixed -rF -d 'terms in which nothing may change'
complete -c subrosa -n '__fish_seen_subcommand_from places' -l readers -x -d 'of how many readers one is to be named'
complete -c subrosa -n '__fish_seen_subcommand_from places' -l max-collusion -x -d 'readers who may put their copies together: 1 to 12'

complete -c subrosa -n __fish_use_subcommand -a pack -d 'check a language pack'
complete -c subrosa -n '__fish_seen_subcommand_from pack' -a check -F

complete -c subrosa -n __fish_use_subcommand -a trace -d 'tell whose copy a leak comes from'
complete -c subrosa -n '__fish_seen_subcommand_from trace' -F
complete -c subrosa -n '__fish_seen_subcommand_from trace' -l ledger -rF -d 'a ledger that mark wrote'
complete -c subrosa -n '__fish_seen_subcommand_from trace' -l public -rF -d 'a text that could have supplied a wording'
complete -c subrosa -n '__fish_seen_subcommand_from trace' -l leaked-on -x -d 'leave out copies committed later: YYYY-MM-DD'
complete -c subrosa -n '__fish_seen_subcommand_from trace' -l max-false -x -d 'the chance of naming somebody innocent'
complete -c subrosa -n '__fish_seen_subcommand_from trace' -l ocr-language -x -d 'the languages of pictures, as Tesseract names them'
complete -c subrosa -n '__fish_seen_subcommand_from trace' -l json -d 'print the verdict as JSON'
complete -c subrosa -n '__fish_seen_subcommand_from trace' -l report -rF -d 'write the internal report'
complete -c subrosa -n '__fish_seen_subcommand_from trace' -l verdict -rF -d 'write the external verdict'
complete -c subrosa -n '__fish_seen_subcommand_from trace' -l whole-paper -d 'let it open the whole paper'
complete -c subrosa -n '__fish_seen_subcommand_from trace' -l passphrase-file -rF -d 'a file with the passphrase of sealed ledgers'

complete -c subrosa -n __fish_use_subcommand -a which -d 'tell whose copy a file is'
complete -c subrosa -n '__fish_seen_subcommand_from which' -F
complete -c subrosa -n '__fish_seen_subcommand_from which' -l ledger -rF -d 'a ledger that mark wrote'
complete -c subrosa -n '__fish_seen_subcommand_from which' -l max-false -x -d "the chance of telling a copy that is nobody's"
complete -c subrosa -n '__fish_seen_subcommand_from which' -l ocr-language -x -d 'the languages of pictures, as Tesseract names them'
complete -c subrosa -n '__fish_seen_subcommand_from which' -l json -d 'print JSON'
complete -c subrosa -n '__fish_seen_subcommand_from which' -l passphrase-file -rF -d 'a file with the passphrase of sealed ledgers'

complete -c subrosa -n __fish_use_subcommand -a show -d "print one reader's copy, or a preview"
complete -c subrosa -n '__fish_seen_subcommand_from show' -F
complete -c subrosa -n '__fish_seen_subcommand_from show' -l reader -x -d 'whose copy'
complete -c subrosa -n '__fish_seen_subcommand_from show' -l ledger -rF -d "the paper's ledger"
complete -c subrosa -n '__fish_seen_subcommand_from show' -l no-auto -d 'only the places of the author'
complete -c subrosa -n '__fish_seen_subcommand_from show' -l language -x -a 'en ru' -d 'the language of the paper'
complete -c subrosa -n '__fish_seen_subcommand_from show' -l fixed -rF -d 'terms in which nothing may change'
complete -c subrosa -n '__fish_seen_subcommand_from show' -l passphrase-file -rF -d 'a file with the passphrase of sealed ledgers'

complete -c subrosa -n __fish_use_subcommand -a verify -d 'check a verdict against leak and commitment'
complete -c subrosa -n '__fish_seen_subcommand_from verify' -F
complete -c subrosa -n '__fish_seen_subcommand_from verify' -l public -rF -d 'a public text that it took into account'
complete -c subrosa -n '__fish_seen_subcommand_from verify' -l paper -rF -d 'a copy of the paper that you have'
complete -c subrosa -n '__fish_seen_subcommand_from verify' -l leaked-on -x -d 'the day of the leak: YYYY-MM-DD'
complete -c subrosa -n '__fish_seen_subcommand_from verify' -l max-false -x -d 'the highest chance of a false name'
complete -c subrosa -n '__fish_seen_subcommand_from verify' -l ocr-language -x -d 'the languages of pictures, as Tesseract names them'
complete -c subrosa -n '__fish_seen_subcommand_from verify' -l json -d 'print JSON'

complete -c subrosa -n __fish_use_subcommand -a ledger -d 'look after ledgers'
complete -c subrosa -n __subrosa_ledger -a info -d 'tell what ledgers hold'
complete -c subrosa -n __subrosa_ledger -a check -d 'read all of ledgers and check it'
complete -c subrosa -n __subrosa_ledger -a backup -d 'copy a ledger, also while it is in use'
complete -c subrosa -n __subrosa_ledger -a seal -d 'seal ledgers with a passphrase'
complete -c subrosa -n __subrosa_ledger -a unseal -d 'take the seal off a ledger'
complete -c subrosa -n __subrosa_ledger -a readers -d 'list the readers of a ledger'
complete -c subrosa -n __subrosa_ledger -a help -d 'tell the commands'
complete -c subrosa -n '__subrosa_ledger info' -F
complete -c subrosa -n '__subrosa_ledger info' -l json -d 'print JSON'
complete -c subrosa -n '__subrosa_ledger info' -l passphrase-file -rF -d 'a file with the passphrase of sealed ledgers'
complete -c subrosa -n '__subrosa_ledger check' -F
complete -c subrosa -n '__subrosa_ledger check' -l commitment -rF -d 'the file that was lodged elsewhere'
complete -c subrosa -n '__subrosa_ledger check' -l passphrase-file -rF -d 'a file with the passphrase of sealed ledgers'
complete -c subrosa -n '__subrosa_ledger backup' -F
complete -c subrosa -n '__subrosa_ledger seal' -F
complete -c subrosa -n '__subrosa_ledger seal' -l same-key-as -rF -d 'a sealed ledger whose key is used'
complete -c subrosa -n '__subrosa_ledger seal' -l passphrase-file -rF -d 'a file with the passphrase of sealed ledgers'
complete -c subrosa -n '__subrosa_ledger unseal' -F
complete -c subrosa -n '__subrosa_ledger unseal' -l passphrase-file -rF -d 'a file with the passphrase of sealed ledgers'
complete -c subrosa -n '__subrosa_ledger readers' -F
complete -c subrosa -n '__subrosa_ledger readers' -l json -d 'print JSON'
complete -c subrosa -n '__subrosa_ledger readers' -l passphrase-file -rF -d 'a file with the passphrase of sealed ledgers'

complete -c subrosa -n __fish_use_subcommand -a mls -d 'show what an MLS message or key package says'
complete -c subrosa -n '__fish_seen_subcommand_from mls' -a show -F

complete -c subrosa -n __fish_use_subcommand -a wire -d 'try out a relay by hand'
complete -c subrosa -n '__fish_seen_subcommand_from wire' -a 'key append read head evidence' -F
complete -c subrosa -n '__fish_seen_subcommand_from wire' -l relay -x -d 'the address of the relay'
complete -c subrosa -n '__fish_seen_subcommand_from wire' -l key -rF -d 'the key of the log'
complete -c subrosa -n '__fish_seen_subcommand_from wire' -l log -rF -d 'where what is known of the log is kept'
complete -c subrosa -n '__fish_seen_subcommand_from wire' -l proxy -x -d 'go through this proxy: socks5h://HOST:PORT'
complete -c subrosa -n '__fish_seen_subcommand_from wire' -l wait -x -d 'wait for a cell if there is no new one, in seconds'
complete -c subrosa -n '__fish_seen_subcommand_from wire' -l skip -d 'go on behind cells that are not kept any more'
complete -c subrosa -n '__fish_seen_subcommand_from wire' -l token -rF -d 'a file with a token of admission'
complete -c subrosa -n '__fish_seen_subcommand_from wire' -l days -x -a '7 30 90 400' -d 'how long the cells of a new log are kept'
complete -c subrosa -n '__fish_seen_subcommand_from wire' -l json -d 'print JSON'

complete -c subrosa -n __fish_use_subcommand -a demo -d 'mark a paper and trace four leaks'
complete -c subrosa -n __fish_use_subcommand -a help -d 'tell the commands'
