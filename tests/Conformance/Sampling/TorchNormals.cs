namespace Conformance.Sampling;

/// <summary>
/// torch.manual_seed(seed) and torch.randn on the CPU in float32, for sizes that are multiples of 16: MT19937, 24 bits a uniform,
/// Box-Muller over blocks of 8 + 8. Only diffusers' own test constants need it.
/// </summary>
internal sealed class TorchNormals
{
    private const int N = 624;
    private readonly uint[] state = new uint[N];
    private int next = N;

    public TorchNormals(uint seed)
    {
        state[0] = seed;
        for (uint i = 1; i < N; i++)
        {
            state[i] = (1812433253 * (state[i - 1] ^ (state[i - 1] >> 30))) + i;
        }
    }

    public float[] Next(int count)
    {
        Assert.Equal(0, count % 16);
        var z = new float[count];
        for (var i = 0; i < count; i++)
        {
            z[i] = (Word() & 0xFFFFFF) / (float)(1 << 24);
        }

        for (var block = 0; block < count; block += 16)
        {
            for (var j = block; j < block + 8; j++)
            {
                var radius = MathF.Sqrt(-2 * MathF.Log(1 - z[j]));
                var (sin, cos) = MathF.SinCos(2 * MathF.PI * z[j + 8]);
                (z[j], z[j + 8]) = (radius * cos, radius * sin);
            }
        }

        return z;
    }

    private uint Word()
    {
        if (next == N)
        {
            for (var k = 0; k < N; k++)
            {
                var y = (state[k] & 0x80000000) | (state[(k + 1) % N] & 0x7FFFFFFF);
                state[k] = state[(k + 397) % N] ^ (y >> 1) ^ ((y & 1) == 0 ? 0 : 0x9908B0DF);
            }

            next = 0;
        }

        var w = state[next++];
        w ^= w >> 11;
        w ^= (w << 7) & 0x9D2C5680;
        w ^= (w << 15) & 0xEFC60000;
        return w ^ (w >> 18);
    }
}
