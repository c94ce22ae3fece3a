/** What must be true of a history, of the disks and of the logs after a run. */
@NullMarked
package io.cairn.jepsen.check;

import org.jspecify.annotations.NullMarked;
