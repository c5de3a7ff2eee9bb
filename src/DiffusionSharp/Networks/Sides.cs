namespace DiffusionSharp.Networks;

/// <summary>Two lengths, such as those of a kernel. One number stands for both: <c>kernel: 3</c> is 3×3, <c>kernel: (1, 7)</c> one row of seven.</summary>
/// <param name="Height">Down.</param>
/// <param name="Width">Across.</param>
public readonly record struct Sides(int Height, int Width)
{
    /// <summary>Two equal sides.</summary>
    /// <param name="side">Both of them.</param>
    public static Sides FromInt32(int side) => new(side, side);

    /// <summary>Two equal sides.</summary>
    /// <param name="side">Both of them.</param>
    public static implicit operator Sides(int side) => FromInt32(side);

    /// <summary>Two sides.</summary>
    /// <param name="sides">Height, then width.</param>
    public static implicit operator Sides((int Height, int Width) sides) => new(sides.Height, sides.Width);

    /// <inheritdoc/>
    public override string ToString() => $"{Height}×{Width}";
}
