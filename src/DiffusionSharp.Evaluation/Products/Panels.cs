using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace DiffusionSharp.Evaluation.Products;

/// <summary>
/// A matrix k × n as the product reads it: panels of <see cref="Width"/> columns, each k rows one after the other; zeros fill the last one up.
/// The memory is not the garbage collector's, and lies on a cache line's border.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
internal sealed unsafe class Panels<T> : IDisposable
    where T : unmanaged
{
    private const int CacheLine = 64;

    // So few rows of a panel stay in the first cache while columns are written into them.
    private const int TransposedRows = 32;

    private readonly nuint capacity;
    private T* memory;

    /// <summary>Makes room for a matrix.</summary>
    /// <param name="k">The most rows.</param>
    /// <param name="n">The most columns.</param>
    public Panels(int k, int n)
    {
        (Rows, Columns, capacity) = (k, n, (nuint)k * (nuint)(CountOf(n) * Width));
        memory = (T*)NativeMemory.AlignedAlloc(Math.Max(1, capacity) * (nuint)sizeof(T), CacheLine);
    }

    ~Panels() => Free();

    /// <summary>Columns of a panel: two of the widest vectors that this machine has.</summary>
    public static int Width => 2 * (Vector512.IsHardwareAccelerated ? Vector512<T>.Count : Vector256.IsHardwareAccelerated ? Vector256<T>.Count : Vector128<T>.Count);

    /// <summary>k.</summary>
    public int Rows { get; private set; }

    /// <summary>n.</summary>
    public int Columns { get; private set; }

    /// <summary>How many panels there are.</summary>
    public int Count => CountOf(Columns);

    /// <summary>How many panels n columns make.</summary>
    public static int CountOf(int n) => (n + Width - 1) / Width;

    /// <summary>Columns of a panel that are the matrix's own.</summary>
    public int ColumnsOf(int panel) => Math.Min(Width, Columns - (panel * Width));

    /// <summary>Where a panel begins.</summary>
    public T* this[int panel] => memory + ((nuint)panel * (nuint)Rows * (nuint)Width);

    /// <summary>C += Aᵀ·B for two panels with as many rows.</summary>
    /// <param name="a">A panel.</param>
    /// <param name="b">A panel.</param>
    /// <param name="k">Their rows.</param>
    /// <param name="c"><see cref="Width"/> rows of <see cref="Width"/> values.</param>
    public static void Multiply(T* a, T* b, int k, T* c)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            PanelTile.Multiply<Lanes512<T>, T>(a, b, k, c);
        }
        else if (Vector256.IsHardwareAccelerated)
        {
            PanelTile.Multiply<Lanes256<T>, T>(a, b, k, c);
        }
        else
        {
            PanelTile.Multiply<Lanes128<T>, T>(a, b, k, c);
        }
    }

    /// <summary>Takes another matrix in, a panel at a time: first its size.</summary>
    public void Resize(int k, int n)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((nuint)k * (nuint)(CountOf(n) * Width), capacity);
        (Rows, Columns) = (k, n);
    }

    /// <summary>Fills a panel from a matrix that lies as it is, k rows.</summary>
    /// <param name="panel">The panel.</param>
    /// <param name="matrix">Row-major.</param>
    /// <param name="stride">Distance of its rows.</param>
    public void SetFromMatrix(int panel, ReadOnlySpan<T> matrix, int stride)
    {
        var columns = ColumnsOf(panel);
        for (var row = 0; row < Rows; row++)
        {
            var target = new Span<T>(this[panel] + ((nuint)row * (nuint)Width), Width);
            matrix.Slice((row * stride) + (panel * Width), columns).CopyTo(target);
            target[columns..].Clear();
        }
    }

    /// <summary>Fills a panel from columns that lie one after the other.</summary>
    /// <param name="panel">The panel.</param>
    /// <param name="columns">Its columns, k values each.</param>
    public void SetColumns(int panel, ReadOnlySpan<T> columns)
    {
        var target = this[panel];
        for (var first = 0; first < Rows; first += TransposedRows)
        {
            var rows = Math.Min(TransposedRows, Rows - first);
            for (var column = 0; column < ColumnsOf(panel); column++)
            {
                var place = target + ((nint)first * Width) + column;
                foreach (var value in columns.Slice((column * Rows) + first, rows))
                {
                    *place = value;
                    place += Width;
                }
            }
        }
    }

    /// <summary>Clears what the last panel has besides the matrix's columns.</summary>
    public void ClearRest()
    {
        for (var column = Columns; column < Count * Width; column++)
        {
            for (var row = 0; row < Rows; row++)
            {
                this[column / Width][((nint)row * Width) + (column % Width)] = default;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        NativeMemory.AlignedFree(memory);
        memory = null;
    }
}
