/** The versioned bytes of records: what the append-only file and the Raft log carry. */
@NullMarked
package io.cairn.record;

import org.jspecify.annotations.NullMarked;
