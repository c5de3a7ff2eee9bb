using System.Diagnostics;
using DiffusionSharp.Cpu.Execution;

namespace DiffusionSharp.Cpu.Layout;

/// <summary>
/// Where a value lies: pixel by pixel, each with its channels one after the other, in one buffer or, for channels joined without a copy,
/// in several. Repeating pixels and a border of zeros are read, not written.
/// </summary>
/// <param name="Segments">The buffers whose channels follow each other.</param>
/// <param name="Height">Rows stored.</param>
/// <param name="Width">Columns stored.</param>
/// <param name="PerCondition">Whether there is one for each pair of timestep and label, and not for each image.</param>
/// <param name="Upsampled">Whether each pixel stands for 2×2.</param>
/// <param name="Padded">Whether a column of zeros follows on the right and a row below.</param>
/// <param name="BFloat16">Whether the values are bfloat16, which few kernels read.</param>
internal sealed record View(Segment[] Segments, int Height, int Width, bool PerCondition, bool Upsampled = false, bool Padded = false, bool BFloat16 = false)
{
    /// <summary>Channels before they are rounded up.</summary>
    public int Channels
    {
        get
        {
            // Asked by kernels, which allocate nothing.
            var channels = 0;
            foreach (var segment in Segments)
            {
                channels += segment.Channels;
            }

            return channels;
        }
    }

    /// <summary>Pixels stored of one image.</summary>
    public int Pixels => Height * Width;

    /// <summary>One buffer as it is.</summary>
    public bool IsPlain => Segments.Length == 1 && !Upsampled && !Padded && !BFloat16;

    /// <summary>The pixel's place among those stored; -1 outside.</summary>
    public int Pixel(int y, int x)
    {
        var scale = Upsampled ? 1 : 0;
        return y < 0 || x < 0 || y >= Height << scale || x >= Width << scale ? -1 : ((y >> scale) * Width) + (x >> scale);
    }

    /// <summary>The memory of a segment in a call.</summary>
    public unsafe Pixels Locate(Segment segment, Workspace workspace)
    {
        Debug.Assert(!BFloat16, "a kernel of float32 reads bfloat16");
        return new(workspace.Pointer(segment.Buffer), segment.Stride, (nint)Pixels * segment.Stride);
    }
}
