namespace DiffusionSharp.Cpu.Compile;

/// <summary>Channels in a buffer.</summary>
/// <param name="Buffer">The buffer.</param>
/// <param name="Channels">Channels that mean something.</param>
internal readonly record struct Segment(int Buffer, int Channels)
{
    /// <summary>Values between pixels: the channels rounded up, so that kernels need no remainder. What lies there is finite and means nothing.</summary>
    public int Stride => Round(Channels);

    /// <summary>Writes zeros behind the channels of some pixels.</summary>
    /// <param name="rest">The first pixel's place behind its last channel.</param>
    /// <param name="pixels">Pixels that follow each other.</param>
    public unsafe void ClearRest(float* rest, int pixels)
    {
        for (var i = 0; i < pixels; i++)
        {
            new Span<float>(rest + ((nint)i * Stride), Stride - Channels).Clear();
        }
    }

    /// <summary>Rounds a number of channels up to whole vectors of any width.</summary>
    public static int Round(int channels) => (channels + 15) & ~15;
}
