namespace DiffusionSharp.Cpu.Layout;

/// <summary>A vector for each token, as an image's pixel has it; in files [channels, tokens].</summary>
/// <param name="Tokens">Tokens.</param>
/// <param name="Channels">Values of a token.</param>
internal sealed record PositionLayout(int Tokens, int Channels) : ParameterLayout
{
    /// <summary>Distance of the tokens.</summary>
    public int Stride => Round(Channels);

    public override long Floats => (long)Tokens * Stride;

    public override int Count => Tokens * Channels;

    protected override long Place(int index) => ((long)(index % Tokens) * Stride) + (index / Tokens);
}
