//! A run's journal.

use super::Entry;

entries! {
    DISK_FULL = Entry::new("houseplan::journal::disk_full", "cannot {doing} {path}: the disk is full")
        .help("free some space, then `houseplan resume {run}`; nothing was started that the journal does not know")
        .explained("
Every record is on disk before houseplan acts on it. The disk is full, so houseplan writes nothing more and starts
nothing more. What was already sent to a server goes on there, and the next resume finds out what became of it.");

    IO = Entry::new("houseplan::journal::io", "cannot {doing} {path}")
        .help("fix what the system reports, then `houseplan resume {run}`; nothing was started that the journal does not know")
        .explained("
The file system refused to read or write the journal of the run. The error of the system is shown with it. Every
record is on disk before houseplan acts on it, so nothing is lost: fix the cause and resume.");

    NOT_WRITABLE = Entry::new("houseplan::journal::not_writable", "an earlier write to {path} failed; houseplan writes nothing more to it")
        .help("fix what the system reported, then `houseplan resume {run}`; nothing was started that the journal does not know")
        .explained("
After a failed write nobody knows what is on the disk. The process therefore stops writing and starts nothing more.
The next resume reads the file again and goes on from what is really there.");

    DAMAGED = Entry::new("houseplan::journal::damaged", "{path}: line {line} is damaged: {what}")
        .cause("records were changed or lost after they were written, so the journal no longer says what was done")
        .help("restore the file from a copy; or compare the servers with the lines before line {line} and start a new run")
        .explained("
Every record has a number and a checksum. In this line one of them is wrong: a byte was changed, a line is missing or
is there twice. Never edit a journal. An incomplete last line, as a crash leaves it, is not damage: houseplan moves it
aside and goes on.");

    OTHER_VERSION = Entry::new("houseplan::journal::other_version", "{path} was written by another version of houseplan (format {found}; this version reads format {known})")
        .help("end the run with the version of houseplan that started it")
        .explained("
The format of the journal differs between versions. This version does not guess what another one has written. Use the
version that started the run to resume or abandon it.");

    UNREADABLE = Entry::new("houseplan::journal::unreadable", "a record of the journal cannot be read: {reason}")
        .help("end the run with the version of houseplan that started it; never edit a journal")
        .explained("
The record is undamaged, but its content is not what this version of houseplan writes. Another version wrote it, or
somebody edited the journal.");

    INCONSISTENT = Entry::new("houseplan::journal::inconsistent", "record {record} of the journal does not follow from the records before it: {reason}")
        .cause("perhaps a step that has started was changed in the plan, or the journal was edited; nothing was done")
        .help("restore the journal as houseplan wrote it; or abandon the run and start another")
        .explained("
The state of a run is computed from its journal. houseplan read all records again, and this one is impossible after
the ones before it, with this plan. houseplan does not guess what was really done.");

    NOT_RECORDED = Entry::new("houseplan::journal::not_recorded", "the run cannot be recorded: {reason}")
        .help("this is a defect of houseplan; please report it. `houseplan resume {run}` goes on from the last record")
        .explained("
houseplan wanted to write a record that is impossible after the records before it. It wrote nothing and stopped. The
run is as after a crash: what was sent to a server goes on there, and a resume finds out what became of it.");
}
