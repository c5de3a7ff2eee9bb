namespace DiffusionSharp.Cpu.Layout;

/// <summary>Learned keys, then values, of an attention: a row for each, as an image's pixel has it, all heads' channels one after the other.</summary>
/// <param name="Heads">Heads.</param>
/// <param name="Keys">Keys, and values.</param>
/// <param name="Width">Channels of a head.</param>
/// <param name="ChannelsFirst">In files [2, heads, width, keys] and not [2, heads, keys, width].</param>
internal sealed record MemoryLayout(int Heads, int Keys, int Width, bool ChannelsFirst) : ParameterLayout
{
    /// <summary>Distance of the rows.</summary>
    public int Stride => Round(Heads * Width);

    public override long Floats => 2L * Keys * Stride;

    public override int Count => 2 * Heads * Keys * Width;

    protected override long Place(int index)
    {
        var (part, last) = Math.DivRem(index, ChannelsFirst ? Keys : Width);
        var (head, other) = Math.DivRem(part, ChannelsFirst ? Width : Keys);
        var (key, channel) = ChannelsFirst ? (last, other) : (other, last);
        return ((long)(((head / Heads) * Keys) + key) * Stride) + (head % Heads * Width) + channel;
    }
}
