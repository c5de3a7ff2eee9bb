namespace DiffusionSharp.Cpu.Layout;

/// <summary>Channels in a buffer.</summary>
/// <param name="Buffer">The buffer.</param>
/// <param name="Channels">Channels that mean something.</param>
internal readonly record struct Segment(int Buffer, int Channels)
{
    /// <summary>Values between pixels: the channels rounded up, so that kernels need no remainder. What lies there is finite and means nothing.</summary>
    public int Stride => Round(Channels);

    /// <summary>Rounds a number of channels up to whole vectors of any width.</summary>
    public static int Round(int channels) => (channels + 15) & ~15;
}
