namespace DiffusionSharp.Imaging.Data;

/// <summary>The order of the images in each epoch: a Fisher–Yates shuffle that is a pure function of (seed, epoch).</summary>
internal sealed class ShuffledOrder(int count, ulong seed)
{
    private readonly Lock gate = new();
    private (long Epoch, int[] Order) last = (-1, []);
    private (long Epoch, int[] Order) previous = (-1, []);

    /// <summary>The image at a position of the run; every epoch shows every image once.</summary>
    public int this[long position] => Epoch(position / count)[(int)(position % count)];

    private int[] Epoch(long epoch)
    {
        lock (gate)
        {
            if (last.Epoch != epoch)
            {
                // Two epochs are kept: a batch may reach from one into the next.
                (previous, last) = (last, previous.Epoch == epoch ? previous : (epoch, Shuffle(epoch)));
            }

            return last.Order;
        }
    }

    private int[] Shuffle(long epoch)
    {
        var order = new int[count];
        for (var i = 0; i < count; i++)
        {
            order[i] = i;
        }

        var random = new HashRandom(seed, (ulong)epoch);
        for (var i = count - 1; i > 0; i--)
        {
            var j = random.Next(i + 1);
            (order[i], order[j]) = (order[j], order[i]);
        }

        return order;
    }
}
