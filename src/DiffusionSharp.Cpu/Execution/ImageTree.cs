using System.Numerics;

namespace DiffusionSharp.Cpu.Execution;

/// <summary>
/// The one order of sums over images: a binary tree whose leaves are the images in their order, filled up to a power of two with leaves that
/// are nothing. Leaves come one by one; a partial sum of 2^l images waits at level l. An aligned part of 2^l images is a subtree, so parts
/// that are summed elsewhere and joined in the same way give the same bits.
/// </summary>
internal static class ImageTree
{
    /// <summary>Levels at which sums may wait.</summary>
    public static int Levels(int images) => images < 2 ? 0 : BitOperations.Log2((uint)images - 1) + 1;

    /// <summary>The levels, as bits, whose sums are added to an image's, from the lowest on; of the last image, all that wait.</summary>
    public static int Joins(int image, int images) => image == images - 1 ? image : (image ^ (image + 1)) >> 1;

    /// <summary>The level at which the result waits; no level when it is the sum of all.</summary>
    public static int? Level(int image, int images) => image == images - 1 ? null : BitOperations.TrailingZeroCount(image + 1);
}
