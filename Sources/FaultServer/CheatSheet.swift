// What `GET /` answers: the lines that somebody needs at night, ready to be copied.

struct CheatSheet: Sendable {
    let socketPath: String
    let version: String

    /// For a terminal.
    var text: String {
        """
        faultd \(version): faults under leases. What you inject here ends by itself when its lease does.

          alias f='curl -sS --unix-socket \(socketPath)'

        STOP EVERYTHING
          f -X POST http://node/v1/halt -d reason='why'        # revert all, refuse new ones
          f -X DELETE http://node/v1/halt                      # allow faults again
          f -X DELETE http://node/v1/faults                    # only revert all
          f -X DELETE http://node/v1/faults/ID                 # revert one

        LOOK
          f 'http://node/v1/faults?state=active,stuck'         # what is in force, and until when
          f http://node/v1/verify                              # is anything left, is every fault in force
          f http://node/metrics                                # counters, for Prometheus
          f -N http://node/v1/events                           # what happens, live
          f http://node/v1/kinds                               # what can be injected, with examples
          f 'http://node/v1/targets/containers?name=kube-apiserver'

        INJECT                                                 # add ?dry_run=true to only see what it would do
          f http://node/v1/faults -d kind=network.drop -d port=443 -d protocol=tcp -d lease=5m
          f http://node/v1/faults -d kind=unit.stop -d unit=docker -d lease=2m
          f http://node/v1/faults -d kind=container.kill -d name='kube-apiserver' -d lease=2m
          f http://node/v1/faults/ID/renew -d lease=5m         # a new lease, from now
          f http://node/v1/faults/ID/takeover -d owner=me      # yours now; the driver before is refused
          f 'http://node/v1/faults/ID?wait=reverted&timeout=5m'

        Bodies may be JSON too. Errors say what to do. The same from a shell: faultctl --help

        """
    }

    /// The same for a browser.
    var html: String {
        let escaped = text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
        return """
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8"><title>faultd</title></head>
            <body><pre>
            \(escaped)</pre></body></html>

            """
    }
}
