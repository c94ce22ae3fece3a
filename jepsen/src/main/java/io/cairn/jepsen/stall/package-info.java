/** Whether a node that is busy with one large thing looks dead to the others. */
@NullMarked
package io.cairn.jepsen.stall;

import org.jspecify.annotations.NullMarked;
