/** Clusters whose machines come and go while clients write: growth, shrinking, full replacement. */
@NullMarked
package io.cairn.jepsen.machines;

import org.jspecify.annotations.NullMarked;
