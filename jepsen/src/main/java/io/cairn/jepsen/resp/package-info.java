/** A RESP client that tells apart what happened, what did not, and what is unknown. */
@NullMarked
package io.cairn.jepsen.resp;

import org.jspecify.annotations.NullMarked;
