using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels.Simd;
using DiffusionSharp.Cpu.Layout;

namespace DiffusionSharp.Cpu.Kernels.Sums;

/// <summary>Writes pixels of a gradient one after the other, zeros behind their channels.</summary>
/// <param name="workspace">The call's.</param>
/// <param name="segment">What is written.</param>
/// <param name="added">A buffer of its shape that is added, or null.</param>
/// <param name="pixel">The first pixel, counted over all images.</param>
internal unsafe ref struct GradientPixels<T>(Workspace workspace, Segment segment, int? added, nint pixel)
    where T : unmanaged, ISimd<T>
{
    private float* y = workspace.Pointer(segment.Buffer) + (pixel * segment.Stride);
    private float* other = added is { } a ? workspace.Pointer(a) + (pixel * segment.Stride) : null;

    /// <summary>Writes the next pixel: another one's values by a factor; zeros where there is none.</summary>
    public void Write(float* source, float factor)
    {
        if (source is not null)
        {
            Rows.Scale<T>(source, factor, other, y, segment.Channels);
        }
        else if (other is not null)
        {
            new Span<float>(other, segment.Channels).CopyTo(new Span<float>(y, segment.Channels));
        }
        else
        {
            new Span<float>(y, segment.Channels).Clear();
        }

        new Span<float>(y + segment.Channels, segment.Stride - segment.Channels).Clear();
        y += segment.Stride;
        other = other is null ? null : other + segment.Stride;
    }
}
