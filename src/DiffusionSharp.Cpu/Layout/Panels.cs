using System.Runtime.CompilerServices;

namespace DiffusionSharp.Cpu.Layout;

/// <summary>
/// A matrix in panels of 32 columns, as the tiles read and write it: two of the widest vectors. Rows that lie a power of two apart would compete
/// for the same lines of the cache.
/// </summary>
internal static unsafe class Panels
{
    /// <summary>Columns of a panel.</summary>
    public const int Columns = 32;

    /// <summary>Columns rounded up to whole panels.</summary>
    public static int Round(int columns) => (columns + Columns - 1) & ~(Columns - 1);

    /// <summary>Place of a column's first value.</summary>
    public static nint Place(int column, nint rows) => ((column / Columns) * rows * Columns) + (column % Columns);

    /// <summary>Copies a row and writes zeros behind it.</summary>
    public static void Copy(float* row, int count, float* destination, int padded)
    {
        new Span<float>(row, count).CopyTo(new Span<float>(destination, count));
        new Span<float>(destination + count, padded - count).Clear();
    }

    /// <summary>Writes a row of a matrix, zeros behind it.</summary>
    public static void Write(float* row, int count, float* panels, nint rows, nint at)
    {
        panels += at * Columns;
        for (var c = 0; c < count; c += Columns, panels += rows * Columns)
        {
            Copy(row + c, Math.Min(Columns, count - c), panels, Columns);
        }
    }

    /// <summary>Reads a row of a matrix.</summary>
    public static void Read(float* panels, nint rows, nint at, float* row, int count)
    {
        panels += at * Columns;
        for (var c = 0; c < count; c += Columns, panels += rows * Columns)
        {
            var some = Math.Min(Columns, count - c);
            new Span<float>(panels, some).CopyTo(new Span<float>(row + c, some));
        }
    }

    /// <summary>Writes up to 32 rows as the columns of a panel, zeros behind them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Transpose(float** rows, int count, int width, float* panel)
    {
        for (nint c = 0; c < width; c++, panel += Columns)
        {
            for (var i = 0; i < count; i++)
            {
                panel[i] = rows[i][c];
            }

            for (var i = count; i < Columns; i++)
            {
                panel[i] = 0;
            }
        }
    }
}
