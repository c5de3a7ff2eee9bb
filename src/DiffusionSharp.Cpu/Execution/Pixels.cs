namespace DiffusionSharp.Cpu.Execution;

/// <summary>A segment's memory in a call.</summary>
/// <param name="start">First value.</param>
/// <param name="stride">Values between pixels.</param>
/// <param name="image">Values between images.</param>
internal readonly unsafe struct Pixels(float* start, nint stride, nint image)
{
    public float* Start => start;

    public nint Stride => stride;

    public float* At(int imageIndex, int pixel) => start + (imageIndex * image) + (pixel * stride);
}
