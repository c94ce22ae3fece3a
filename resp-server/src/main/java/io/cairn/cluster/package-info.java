/** Redirects, CLUSTER commands, formation of the cluster. */
@NullMarked
package io.cairn.cluster;

import org.jspecify.annotations.NullMarked;
