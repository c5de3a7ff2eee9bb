using DiffusionSharp.Cpu.Layout;

namespace DiffusionSharp.Cpu.Kernels.Convolution;

/// <summary>Input channels of a convolution that are multiplied together.</summary>
/// <param name="Segment">Where they lie.</param>
/// <param name="Channel">The first of them there.</param>
/// <param name="Channels">How many.</param>
/// <param name="WeightRow">The first of them among the weights' inputs.</param>
internal readonly record struct ChannelBlock(Segment Segment, int Channel, int Channels, int WeightRow)
{
    /// <summary>Channels rounded up to whole vectors.</summary>
    public int Stride => Segment.Round(Channels);

    /// <summary>All channels of a view.</summary>
    /// <param name="input">The view.</param>
    /// <param name="most">Channels of a block at most.</param>
    public static IEnumerable<ChannelBlock> Split(View input, int most)
    {
        var row = 0;
        foreach (var segment in input.Segments)
        {
            for (var channel = 0; channel < segment.Channels; channel += most)
            {
                var channels = Math.Min(most, segment.Channels - channel);
                yield return new ChannelBlock(segment, channel, channels, row);
                row += channels;
            }
        }
    }
}
