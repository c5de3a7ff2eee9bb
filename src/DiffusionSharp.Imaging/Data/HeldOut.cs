namespace DiffusionSharp.Imaging.Data;

/// <summary>Which images of a set are kept apart from training: fewer of them are always among more of them.</summary>
internal static class HeldOut
{
    // Of no run: another seed of the order holds the same images out.
    private const ulong Seed = 0x4E1D_0007_5EED_0001;

    /// <summary>Splits a set.</summary>
    /// <param name="count">Images in it.</param>
    /// <param name="wanted">A part of all below 1, of which there is at least one; a number from 1 on.</param>
    /// <returns>The places of those to train on and of the others, both in their order.</returns>
    /// <exception cref="DiffusionException">Nothing is left to train on (<see cref="ErrorKind.Usage"/>).</exception>
    public static (int[] Kept, int[] Held) Split(int count, double wanted)
    {
        var held = wanted < 1 ? Math.Max(1, Math.Round(count * wanted)) : wanted;
        if (held >= count)
        {
            throw new DiffusionException(
                ErrorKind.Usage,
                FormattableString.Invariant($"validation keeps {held} of {count} images apart, and none would be left to train on: ")
                + "keep fewer, or give more images");
        }

        var order = new ShuffledOrder(count, Seed);
        int[] all = [.. Enumerable.Range(0, count).Select(i => order[i])];
        int[] apart = all[..(int)held], rest = all[(int)held..];
        Array.Sort(apart);
        Array.Sort(rest);
        return (rest, apart);
    }
}
