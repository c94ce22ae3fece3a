/** Operations whose acknowledgements are counted, and the checks on what they left behind. */
@NullMarked
package io.cairn.jepsen.workload;

import org.jspecify.annotations.NullMarked;
