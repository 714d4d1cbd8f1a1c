/* The commands, and what --help says about them. */
#include "command.h"

const struct command commands[] = {
    {"init", "write a commented pgcutover.ini",
     "Writes pgcutover.ini (or the file that --config names) with every key explained. Keys given "
     "as "
     "flags are filled in. An existing file is never overwritten.",
     false, command_init},
    {"check", "look for what would stop a cutover, or lose data; reads only",
     "Asks blue, every database, the hosts and the poolers, and green once it runs. Each finding "
     "says what, where, why it matters, what was found and what cures it. Exit code 3 when there "
     "is "
     "an error among them. --plans compares how both servers would run the same statements.",
     false, command_check},
    {"plan", "print every step, who may write after it, and the exact SQL and commands",
     "Reads the servers and prints what prepare, cutover and finish would do. Values that are not "
     "known yet are printed as <name>. Changes nothing on any server. --save keeps what it saw, "
     "for "
     "cutover --plan.",
     false, command_plan},
    {"prepare", "make green ready; clients notice nothing",
     "Identities, publications, slots, clone, upgrade, subscriptions, origins, catching up, "
     "ANALYZE. "
     "Without --execute it prints what it would do. A repeat goes on where the last one stopped.",
     true, command_prepare},
    {"watch", "lag and state, live: terminal, web page, metrics; reads only",
     "Asks blue, green and the poolers again and again, each on its own: how far behind every slot "
     "is, in bytes and in seconds, whether it catches up and why not, slots, errors, pools, and "
     "the "
     "run. Several --config watch several clusters. It may run for days, with or without a run; "
     "Ctrl-C or q ends it.",
     false, command_watch},
    {"verify", "is green equal to blue? rows, sequences, catalogs, large objects; reads only",
     "Compares both servers while they live, and changes nothing on them. What moves meanwhile is "
     "looked at again behind the position that the other side has passed; what is reported was "
     "different while nothing moved. Needs a run that replicates. Interrupted, it goes on when it "
     "is repeated. Exit code 3 when something differs.",
     false, command_verify},
    {"cutover", "move the pooled clients from blue to green",
     "Holds the clients in the poolers, fences blue, proves that green has everything, switches, "
     "releases. Whatever goes wrong before the switch is undone by itself within the pause "
     "budget. "
     "Without --execute it prints what it would do. --plan names a plan that was saved and "
     "reviewed: what is not as it saw it stops the cutover before anything is changed.",
     true, command_cutover},
    {"rollback", "move the pooled clients back from green to blue; nothing is lost",
     "After a cutover: the same in the other direction, with the same guarantees. What was written "
     "on green is on blue, for it was replicated all the while ([rollback] reverse). Without "
     "--execute it prints what it would do. Afterwards cutover may be repeated. Where there is no "
     "way back it is refused; with --accept-data-loss it lists what was written on green since the "
     "cutover, and goes back to blue without it. Green is good for nothing but abort then.",
     true, command_rollback},
    {"guard", "watch what applications see after the cutover; alert, or roll back by itself",
     "Runs until finish closes the way back. Before the cutover it measures how often its probes "
     "([guard_probe NAME]) fail; after it they must not fail much more often, nor blue be far "
     "behind green. What trips is told and alerted; with on_trip = rollback and --execute the "
     "clients are moved back to blue, once: exit code 8. Without --execute it only reads.",
     true, command_guard},
    {"finish", "drop slots, subscriptions, publications; restore identities; list what is left",
     "After a cutover, or a rollback; there is no way back any more behind it. The server that "
     "clients have left stays as it is, fenced; --delete-blue=NAME, with the cluster's name, stops "
     "and removes blue. Without --execute it prints what it would do.",
     true, command_finish},
    {"abort", "undo an unfinished run: blue as it was before",
     "Removes green, slots, publications and marker tables, and restores replica identities. "
     "Refused once clients are on green. Without --execute it says what it would undo.",
     true, command_abort},
    {"recover", "after a crash: read the facts, say the verdict; --execute acts on it",
     "Before the switch: undoes, clients are back on blue. Behind it: goes forward, clients are "
     "on "
     "green. The watchdog runs it by itself when the engine dies.",
     true, command_recover},
    {"report", "write the operations note of a run, and a page that shows it",
     "Tells of the run that is under way, else of the one that ended last, else what would be "
     "done: "
     "what was executed and when, the pause, what clients felt, lag, checks, parameters of both "
     "servers, what proves that nothing is lost, and what was not as planned. Servers are asked "
     "for "
     "a few seconds; one that does not answer is said to be so. Changes nothing but its files: a "
     "report of the same run is replaced, anything else is not overwritten.",
     false, command_report},
    {"status", "where the run stands, who may write, and what to type next",
     "Reads the journal and, where they can be reached, the servers. Changes nothing.", false,
     command_status},
};
const size_t command_count = sizeof(commands) / sizeof(commands[0]);
