namespace DiffusionSharp.Imaging;

/// <summary>Random numbers that are a pure function of (seed, index): SplitMix64 started at a hash of both.</summary>
internal struct HashRandom
{
    private ulong state;

    public HashRandom(ulong seed, ulong index) => state = Mix(Mix(seed + 0x9E3779B97F4A7C15) ^ (index * 0xD1B54A32D192ED03));

    /// <summary>SplitMix64's finaliser, a bijection of 64-bit numbers.</summary>
    public static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>The next 64 random bits.</summary>
    public ulong NextBits() => Mix(state += 0x9E3779B97F4A7C15);

    /// <summary>Uniform in [0, 1), a multiple of 2^-53.</summary>
    public double NextUnit() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform in [from, to).</summary>
    public double Next(double from, double to) => from + ((to - from) * NextUnit());

    /// <summary>Uniform in {0, …, count - 1} (bias below count·2^-53).</summary>
    public int Next(int count) => (int)(NextUnit() * count);
}
