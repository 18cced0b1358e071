# Drops whole records that tell of a disconnect: what one writes by hand, for benches/peers.sh to compare with.
# A record is a line that starts with a digit and all lines up to the next such line.
# It goes by the words alone, so a lost database goes with the noise.

function finish() {
    if (held && !noise) print record
    noise = 0
}

{
    if (/^[0-9]/ || !held) {
        finish()
        record = $0
        held = 1
    } else {
        record = record "\n" $0
    }
    if (/Broken pipe|Connection reset|Socket is closed/) noise = 1
}

END { finish() }
