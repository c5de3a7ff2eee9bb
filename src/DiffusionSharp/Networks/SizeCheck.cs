namespace DiffusionSharp.Networks;

/// <summary>Whether a U-Net's levels can halve an image: all but the last do, each side.</summary>
internal static class SizeCheck
{
    /// <summary>What is wrong with a size, with the nearest that is right; null for nothing.</summary>
    /// <param name="name">The option.</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <param name="levels">Levels of resolution.</param>
    public static string? Problem(string name, int height, int width, int levels)
    {
        var divisor = 1 << (levels - 1);
        return height >= 1 && width >= 1 && height % divisor == 0 && width % divisor == 0 ? null
            : $"{name} {height}×{width} is not divisible by {divisor} = 2^({levels} levels - 1); the nearest that is: {Nearest(height, divisor)}×{Nearest(width, divisor)}";
    }

    private static long Nearest(int side, int divisor) => Math.Max(1, ((long)side + (divisor / 2)) / divisor) * divisor;
}
