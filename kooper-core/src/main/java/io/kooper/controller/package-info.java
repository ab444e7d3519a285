/**
 * Controllers: an informer feeds a work queue, workers drain it into the user's handler.
 *
 * <p>Start with {@link io.kooper.controller.Controller}.
 */
@NullMarked
package io.kooper.controller;

import org.jspecify.annotations.NullMarked;
