//! Every bound and default of the house, with its unit and the reason for its size.

use std::time::Duration;

/// How much is read at once. Large enough that the system calls do not show, small enough to stay in the cache.
pub const BLOCK_BYTES: usize = 256 * 1024;

/// A line longer than this passes as it is, unjudged: no server prints such a line for a disconnect.
pub const LINE_BYTES_MAX: usize = 1024 * 1024;

/// A record longer than this passes as it is, unjudged. The longest real one seen (a state dump with messages in
/// flight) has 200 KiB.
pub const RECORD_BYTES_MAX: usize = 2 * 1024 * 1024;

/// Lines of another writer that may stand in the midst of a trace without ending it.
pub const FOREIGN_LINES_MAX: usize = 4;

/// Lines that a message may run over before its trace begins, or within an error's own text.
pub const MESSAGE_LINES_MAX: usize = 16;

/// Text lines in a row after which no record can still be open: more than a message may run over.
pub const FENCE_LINES: usize = MESSAGE_LINES_MAX + 2;

/// Lines of other writers behind which a record of one writer is over: traces are written at a stroke, and no stream
/// may keep the others waiting.
pub const APART_LINES_MAX: usize = 64;

/// Lines of a block of which it is kept what they wear, some 150 bytes each: many times as many as lie around one anchor.
pub const WORN_LINES_MAX: usize = 4096;

/// Lines without an envelope that belong to the writer of the enveloped line above them. The longest trace seen has
/// two thousand lines, but in envelopes; a raw one follows a line of syslog.
pub const FOLLOWERS_MAX: usize = 512;

/// Records of different writers that later lines may continue at once, when their verdicts are given already.
pub const FOLLOWING_MAX: usize = 64;

/// Bytes of an envelope that a summary puts on; a larger one is not kept.
pub const CLOTHES_BYTES_MAX: usize = 4 * 1024;

/// How often a time is read from a stretch in which nothing is suspected: one line in so many bytes of the stream.
pub const TIME_MARK_BYTES: u64 = 64 * 1024;

/// How many lines are looked at for one such time before it is given up.
pub const TIME_MARK_LINES: u32 = 32;

/// A step of the log's clock, forwards or backwards, that is believed at once; a larger one must be confirmed.
pub const CLOCK_STEP_MICROS: i64 = 3_600_000_000;

/// Stamps in a row that must agree before a larger step is believed.
pub const CLOCK_CONFIRMATIONS: u32 = 3;

/// Default of `--every`: how long repeats are counted before a summary says so.
pub const EVERY: Duration = Duration::from_secs(60);

/// Default of `--forget`: after so long without one, a kind is new again and shown in full.
pub const FORGET: Duration = Duration::from_secs(24 * 3600);

/// Default of `--linger`: how long the last, possibly unfinished record is held after its last byte.
pub const LINGER: Duration = Duration::from_millis(200);

/// Kinds that are remembered at once. Some 600 bytes each, so 2.5 MiB; real logs have a few dozen.
pub const KINDS_MAX: usize = 4096;

/// Peers and paths that are counted by name in one summary; the rest is counted together.
pub const NAMES_MAX: usize = 64;

/// Bytes of log text that a summary quotes for one error.
pub const FIRST_QUOTE_BYTES: usize = 200;

/// Traces that are recalled instead of being read line by line when they come again to the letter. Real logs have a
/// few dozen; more would take longer to look through than to read.
pub const RECALLED_MAX: usize = 64;

/// Bytes that such a trace may have, with what is known of its lines: 1 MiB for all of them.
pub const RECALLED_BYTES_MAX: usize = 16 * 1024;

/// Verdicts on traces that are remembered by their text. Some 250 bytes each.
pub const VERDICTS_MAX: usize = 1024;

/// Default of `drain --chunk`: about how much is consumed before its space is given back. Smaller chunks stall the writer
/// more often, larger ones for longer.
pub const DRAIN_CHUNK_BYTES: u64 = 16 * 1024 * 1024;

/// How much `drain` consumes at most before it is committed; never more than a quarter of what is given back at once.
pub const DRAIN_BATCH_BYTES: u64 = 4 * 1024 * 1024;

/// How long something consumed waits at most before it is committed.
pub const DRAIN_BATCH_TIME: Duration = Duration::from_secs(1);

/// How often `drain --metrics` writes its figures; whoever collects them asks no more often.
pub const DRAIN_METRICS_EVERY: Duration = Duration::from_secs(10);

/// How long a renamed file must be silent before the one that took its name is drained, unless it certainly has no writers
/// any more. Longer than a program takes to open its log again when it is told to.
pub const DRAIN_ROTATE_WAIT: Duration = Duration::from_secs(5);

/// How often it is asked whether files that were left for their successors still have writers. Asking takes some milliseconds.
pub const DRAIN_LEFT_ASK: Duration = Duration::from_secs(60);

/// How often files that were left for their successors are looked at for late lines.
pub const DRAIN_LEFT_EVERY: Duration = Duration::from_secs(1);

/// How many files that were left for their successors are kept open, for each drained file. A program that holds a file
/// through more rotations than this does not write to it any more.
pub const DRAIN_LEFT_MAX: usize = 8;

/// Compiled size that one pattern may have, a user's too: a hostile one is refused instead of eating the memory.
pub const PATTERN_BYTES_MAX: usize = 1024 * 1024;

/// Bytes that a rule file may have.
pub const RULE_FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// Rules whose proofs are made before the memory of their compiled patterns is given back, some 60 KiB for each.
pub const PROOF_RULES: usize = 500;

/// Rules that may be in force at once, the built-in ones included.
pub const RULES_MAX: usize = 20_000;

/// Windows that a kind must have been seen in before its running rate means anything.
pub const SURGE_WINDOWS_MIN: u32 = 3;

/// A window with fewer repeats is no surge, however quiet it was before.
pub const SURGE_COUNT_MIN: u64 = 20;

/// How many times its running rate makes a surge.
pub const SURGE_FACTOR: f64 = 8.0;

/// Bytes taken out after which a part of an attic is closed, to be packed and checked for itself. More would need more
/// memory, fewer would repeat the templates more often.
pub const ATTIC_CHUNK_BYTES: usize = 2 * 1024 * 1024;

/// Events after which it is closed as well: places where something was taken out or put in.
pub const ATTIC_CHUNK_EVENTS: usize = 64 * 1024;

/// Bytes that a part may have once its repetition is taken out: texts in which nothing repeats, and 40 bytes per event.
pub const ATTIC_PAYLOAD_BYTES_MAX: usize = 2 * ATTIC_CHUNK_BYTES_MAX + 40 * ATTIC_CHUNK_EVENTS;

/// Bytes of templates and fields that a part may take over from those before it. A server's records have some hundred
/// templates of some thousand bytes; what goes beyond is told again in each part.
pub const ATTIC_STOCK_BYTES_MAX: usize = 1024 * 1024;

/// Parts after which one stands alone again, while a log is rewritten: what is damaged costs at most these.
pub const ATTIC_SERIES_PARTS: u64 = 16;

/// The same in an attic that grows, whose parts may be small.
pub const ATTIC_GROWING_PARTS: usize = 256;

/// Bytes of parts after which one stands alone again in an attic that grows.
pub const ATTIC_GROWING_BYTES: usize = 256 * 1024;

/// Bytes that it may have in the file: zstd adds a little to what it cannot make smaller.
pub const ATTIC_FRAME_BYTES_MAX: usize = ATTIC_PAYLOAD_BYTES_MAX + ATTIC_PAYLOAD_BYTES_MAX / 128;

/// Bytes that the list of an attic's parts may have. Some 150 bytes for each, so this is enough for a terabyte taken out.
pub const ATTIC_BOOK_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Bytes that such a part may have when an attic is read: what the last record adds to a part that is not full yet.
pub const ATTIC_CHUNK_BYTES_MAX: usize = ATTIC_CHUNK_BYTES + 2 * RECORD_BYTES_MAX;

/// Bytes that may come out of a compressed file for each of its own. The most that a flood of equal records was seen to
/// give is some 1,000.
pub const EXPANSION_FACTOR_MAX: u64 = 5_000;

/// Bytes that may come out besides, so that small files need no judging.
pub const EXPANSION_BYTES_FREE: u64 = 64 * 1024 * 1024;

/// Bytes that may come out of a compressed file at all, unless more is asked for.
pub const EXPANSION_BYTES_MAX: u64 = 1 << 40;

/// The largest window that a compressed file may ask for, as a power of two: 128 MiB, the most that zstd itself grants.
pub const EXPANSION_WINDOW_LOG_MAX: u32 = 27;
/// Default of `--keep`: rotated outputs that are kept.
pub const KEEP: usize = 10;

/// Bytes that `--max-size` asks for at least: a smaller output would be rotated every few lines.
pub const MAX_SIZE_MIN: u64 = 4096;
/// Records without which their figures tell nothing: a share of fewer is chance.
pub const LIKELY_COUNT_MIN: u64 = 10;

/// Different peers from which on a surge is a crowd.
pub const LIKELY_CROWD_MIN: usize = 10;

/// Different peers up to which a surge comes from few.
pub const LIKELY_FEW_MAX: usize = 3;

/// Ages of connections that are remembered for one window: enough to see whether they are alike.
pub const LIKELY_AGES_MAX: usize = 64;

/// An age in milliseconds below which nothing was silent for too long: no device forgets connections that soon.
pub const LIKELY_AGE_MS_MIN: u64 = 5_000;

/// Bytes of a file that are judged at once, by one thread. Each is in memory, and so many as there are threads.
pub const SEGMENT_BYTES: usize = 1024 * 1024;

/// How many times that a part may have that cannot be cut where a record begins; it is judged in order with what comes
/// before and behind it.
pub const SEGMENT_BYTES_TIMES_MAX: usize = 4;

/// Bytes of content that are compressed at once, by one thread: enough for all that a window finds.
pub const UNIT_BYTES: usize = 2 * 1024 * 1024;

/// Default of `compact --min-age`: a file that was written to a moment ago may be written to again, by a program that
/// cannot be seen from here.
pub const COMPACT_AGE_MIN: Duration = Duration::from_secs(10);

/// Bytes that `run` keeps in memory for an output that takes none, such as one on a full disk: seconds of a busy log.
pub const STUCK_BYTES_MAX: usize = 4 * 1024 * 1024;

/// How long `run` and `drain` first wait before they try a failed output again; the wait doubles from there.
pub const STUCK_PAUSE: Duration = Duration::from_secs(1);

/// The longest such wait, so that a tidied disk is written again within a minute.
pub const STUCK_PAUSE_MAX: Duration = Duration::from_secs(60);

/// How long `run` still reads what others hold open, such as a program that its program left behind, once that has ended.
pub const AFTERLIFE: Duration = Duration::from_secs(2);
/// Bytes before a position by whose fingerprint it is known again: some ten lines with their times.
pub const FINGERPRINT_BYTES: usize = 1024;

/// A fingerprint of fewer bytes proves nothing of a file that is not the very same: a banner at its beginning may be.
pub const FINGERPRINT_BYTES_MIN: usize = 64;

/// How long a file that was renamed must be quiet before the one that took its name is read, when it cannot be known
/// that its writers are gone. Lines that come to the renamed one later are read, too, only not in order.
pub const ROTATE_WAIT: Duration = Duration::from_millis(250);

/// How long the one that took its name waits at most, however much is still written to the renamed one.
pub const ROTATE_WAIT_MAX: Duration = Duration::from_secs(10);

/// How often it is asked whether a renamed file still has writers. Asking takes some milliseconds.
pub const WRITERS_EVERY: Duration = Duration::from_millis(100);

/// How long a renamed file is still looked at for late lines, after the one that took its name is read.
pub const LATE_LINES: Duration = Duration::from_secs(60);

/// Renamed files of one name that are kept open at once; older ones are closed, oldest first.
pub const GENERATIONS_MAX: usize = 16;

/// How often a file is looked at whose changes nobody tells us.
pub const POLL: Duration = Duration::from_secs(1);

/// How often every file is looked at although its changes are told: a mapped file changes without a word.
pub const SWEEP: Duration = Duration::from_secs(10);

/// Symbolic links on the way to a file; the kernel gives up at as many.
pub const LINKS_MAX: usize = 40;

/// How long lies at least between two commits, each of which waits for the disk. A kill costs so much work again, and no
/// line.
pub const COMMIT_EVERY: Duration = Duration::from_secs(1);

/// How long what was written waits at least until it is committed: more may come at once.
pub const COMMIT_AFTER: Duration = Duration::from_millis(100);

/// Lines that `quell follow` shows of what a file holds when it begins.
pub const FOLLOW_LINES: u64 = 10;

/// Bytes that a configuration may have.
pub const CONFIG_BYTES_MAX: u64 = 1024 * 1024;
