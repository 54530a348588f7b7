# SPDX-License-Identifier: Apache-2.0
# Completion of subrosa for fish: a line for each command, and for each option of it.
# test/scenario/t93-completion.sh finds what is missing.

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
complete -c subrosa -n '__fish_seen_subcommand_from mark' -l force -d 'also a paper that has no place'

complete -c subrosa -n __fish_use_subcommand -a places -d 'list the places of a paper'
complete -c subrosa -n '__fish_seen_subcommand_from places' -F
complete -c subrosa -n '__fish_seen_subcommand_from places' -l write -rF -d 'write the paper with its places'
complete -c subrosa -n '__fish_seen_subcommand_from places' -l json -d 'print JSON'
complete -c subrosa -n '__fish_seen_subcommand_from places' -l no-auto -d 'only the places of the author'

complete -c subrosa -n __fish_use_subcommand -a trace -d 'tell whose copy a leak comes from'
complete -c subrosa -n '__fish_seen_subcommand_from trace' -F
complete -c subrosa -n '__fish_seen_subcommand_from trace' -l ledger -rF -d 'a ledger that mark wrote'
complete -c subrosa -n '__fish_seen_subcommand_from trace' -l public -rF -d 'a text that could have supplied a wording'
complete -c subrosa -n '__fish_seen_subcommand_from trace' -l leaked-on -x -d 'leave out copies committed later: YYYY-MM-DD'
complete -c subrosa -n '__fish_seen_subcommand_from trace' -l max-false -x -d 'the chance of naming somebody innocent'
complete -c subrosa -n '__fish_seen_subcommand_from trace' -l json -d 'print the verdict as JSON'

complete -c subrosa -n __fish_use_subcommand -a which -d 'tell whose copy a file is'
complete -c subrosa -n '__fish_seen_subcommand_from which' -F
complete -c subrosa -n '__fish_seen_subcommand_from which' -l ledger -rF -d 'a ledger that mark wrote'
complete -c subrosa -n '__fish_seen_subcommand_from which' -l max-false -x -d "the chance of telling a copy that is nobody's"
complete -c subrosa -n '__fish_seen_subcommand_from which' -l json -d 'print JSON'

complete -c subrosa -n __fish_use_subcommand -a show -d "print one reader's copy, or a preview"
complete -c subrosa -n '__fish_seen_subcommand_from show' -F
complete -c subrosa -n '__fish_seen_subcommand_from show' -l reader -x -d 'whose copy'
complete -c subrosa -n '__fish_seen_subcommand_from show' -l ledger -rF -d "the paper's ledger"
complete -c subrosa -n '__fish_seen_subcommand_from show' -l no-auto -d 'only the places of the author'

complete -c subrosa -n __fish_use_subcommand -a demo -d 'mark a paper and trace four leaks'
complete -c subrosa -n __fish_use_subcommand -a help -d 'tell the commands'
