/**
 * Compares an API server with a kube-apiserver, request by request: what the real one answered is kept as data, and
 * never edited.
 */
package io.kooper.differential;
