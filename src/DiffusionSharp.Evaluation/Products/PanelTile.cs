using System.Runtime.CompilerServices;

namespace DiffusionSharp.Evaluation.Products;

/// <summary>
/// The inner loop of every product: C += Aᵀ·B, where A and B are panels, k rows of two vectors, and C is a square of two vectors by as many
/// rows. Each element is one chain of fused multiply-adds in the order of k, which goes on where an earlier call ended, so its bits depend on
/// neither the vectors' width nor how k is divided.
/// </summary>
internal static unsafe class PanelTile
{
    // Rows of both panels that stay in the first cache while all tiles of C pass over them.
    private const int Chunk = 128;

    /// <summary>The product of two panels.</summary>
    /// <typeparam name="V">The vectors.</typeparam>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="a">k rows of 2·<c>V.Count</c> values.</param>
    /// <param name="b">As many.</param>
    /// <param name="k">Rows of both.</param>
    /// <param name="c">2·<c>V.Count</c> rows of 2·<c>V.Count</c> values, added to.</param>
    public static void Multiply<V, T>(T* a, T* b, int k, T* c)
        where V : unmanaged, ILanes<V, T>
        where T : unmanaged
    {
        var width = 2 * V.Count;
        for (var first = 0; first < k; first += Chunk)
        {
            var rows = Math.Min(Chunk, k - first);
            for (var row = 0; row < width; row += V.TileRows)
            {
                Tile<V, T>(a + ((nint)first * width) + row, b + ((nint)first * width), rows, c + ((nint)row * width));
            }
        }
    }

    // Rows 4 to 7 vanish where a tile has four.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile<V, T>(T* a, T* b, int k, T* c)
        where V : unmanaged, ILanes<V, T>
        where T : unmanaged
    {
        var width = 2 * V.Count;
        V c00 = V.Load(c), c01 = V.Load(c + V.Count);
        V c10 = V.Load(c + width), c11 = V.Load(c + width + V.Count);
        V c20 = V.Load(c + (2 * width)), c21 = V.Load(c + (2 * width) + V.Count);
        V c30 = V.Load(c + (3 * width)), c31 = V.Load(c + (3 * width) + V.Count);
        V c40 = default, c41 = default, c50 = default, c51 = default, c60 = default, c61 = default, c70 = default, c71 = default;
        if (V.TileRows > 4)
        {
            c40 = V.Load(c + (4 * width));
            c41 = V.Load(c + (4 * width) + V.Count);
            c50 = V.Load(c + (5 * width));
            c51 = V.Load(c + (5 * width) + V.Count);
            c60 = V.Load(c + (6 * width));
            c61 = V.Load(c + (6 * width) + V.Count);
            c70 = V.Load(c + (7 * width));
            c71 = V.Load(c + (7 * width) + V.Count);
        }

        for (var p = 0; p < k; p++)
        {
            V b0 = V.Load(b), b1 = V.Load(b + V.Count);
            Step<V, T>(a[0], b0, b1, ref c00, ref c01);
            Step<V, T>(a[1], b0, b1, ref c10, ref c11);
            Step<V, T>(a[2], b0, b1, ref c20, ref c21);
            Step<V, T>(a[3], b0, b1, ref c30, ref c31);
            if (V.TileRows > 4)
            {
                Step<V, T>(a[4], b0, b1, ref c40, ref c41);
                Step<V, T>(a[5], b0, b1, ref c50, ref c51);
                Step<V, T>(a[6], b0, b1, ref c60, ref c61);
                Step<V, T>(a[7], b0, b1, ref c70, ref c71);
            }

            a += width;
            b += width;
        }

        Store<V, T>(c, c00, c01);
        Store<V, T>(c + width, c10, c11);
        Store<V, T>(c + (2 * width), c20, c21);
        Store<V, T>(c + (3 * width), c30, c31);
        if (V.TileRows > 4)
        {
            Store<V, T>(c + (4 * width), c40, c41);
            Store<V, T>(c + (5 * width), c50, c51);
            Store<V, T>(c + (6 * width), c60, c61);
            Store<V, T>(c + (7 * width), c70, c71);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step<V, T>(T a, V b0, V b1, ref V c0, ref V c1)
        where V : unmanaged, ILanes<V, T>
        where T : unmanaged
    {
        var x = V.Broadcast(a);
        c0 = V.Fma(x, b0, c0);
        c1 = V.Fma(x, b1, c1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<V, T>(T* c, V c0, V c1)
        where V : unmanaged, ILanes<V, T>
        where T : unmanaged
    {
        V.Store(c0, c);
        V.Store(c1, c + V.Count);
    }
}
