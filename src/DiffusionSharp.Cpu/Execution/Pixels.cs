using System.Diagnostics;

namespace DiffusionSharp.Cpu.Execution;

/// <summary>A segment's memory in a call.</summary>
/// <param name="start">First value.</param>
/// <param name="stride">Values between pixels.</param>
/// <param name="image">Values between images.</param>
internal readonly unsafe struct Pixels(float* start, nint stride, nint image)
{
    public nint Stride => stride;

    public float* At(int imageIndex, int pixel)
    {
        Debug.Assert(imageIndex >= 0 && pixel >= 0 && pixel * stride < image, "a pixel is outside its image");
        return start + (imageIndex * image) + (pixel * stride);
    }
}
