#!/usr/bin/env perl
# Drops whole records that tell of a disconnect: what one writes by hand, for benches/peers.sh to compare with.
# A record is a line that starts with a digit and all lines up to the next such line.
# It goes by the words alone, so a lost database goes with the noise.
use strict;
use warnings;

my ($record, $noise) = ('', 0);
while (my $line = <>) {
    if ($line =~ /^[0-9]/) {
        print $record unless $noise;
        ($record, $noise) = ('', 0);
    }
    $record .= $line;
    $noise = 1 if $line =~ /Broken pipe|Connection reset|Socket is closed/;
}
print $record unless $noise;
