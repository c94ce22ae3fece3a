/** Client side caching: which connections remember which keys, and who is told that they changed. */
@NullMarked
package io.cairn.tracking;

import org.jspecify.annotations.NullMarked;
